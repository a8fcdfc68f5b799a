import type { Database } from "bun:sqlite";
import { dirname, join } from "node:path";
import { createRegistry } from "../collector/activity/registry.ts";
import { type ActivityView, AGE_MS, createActivityTracker } from "../collector/activity/tracker.ts";
import { type Beat, REST_MS } from "../collector/beat.ts";
import type { Bus } from "../collector/bus.ts";
import type { Config } from "../schema/config.ts";
import { vendorsWith } from "../schema/vendors.ts";

/** Follows the activity of every session until it is stopped; the client's registry is next to its transcripts. */
export function openActivity(
  config: Pick<Config, "roots">,
  { reader, bus, beat }: { reader: Database; bus: Bus; beat: Beat },
): { view: ActivityView; stop(): Promise<void> } {
  const folders = vendorsWith("has_registry")
    .flatMap((name) => config.roots[name])
    .map((root) => join(dirname(root), "sessions"));
  const registry = createRegistry(folders, (session_id) => bus.publish("claimed", { session_id }));
  const tracker = createActivityTracker({ reader, bus, registry });
  const end = beat.every({ every_ms: AGE_MS, rest_ms: REST_MS, run: tracker.age });
  return {
    view: tracker,
    async stop() {
      end();
      tracker.close();
      await registry.close();
    },
  };
}
