import type { Database } from "bun:sqlite";
import { registryFolders } from "../collector/activity/claims.ts";
import { createRegistry } from "../collector/activity/registry.ts";
import { type ActivityView, AGE_MS, createActivityTracker } from "../collector/activity/tracker.ts";
import { type Beat, REST_MS } from "../collector/beat.ts";
import type { Bus } from "../collector/bus.ts";
import type { Config } from "../schema/config.ts";

/** Follows the activity of every session until it is stopped. */
export function openActivity(
  config: Pick<Config, "roots">,
  { reader, bus, beat }: { reader: Database; bus: Bus; beat: Beat },
): { view: ActivityView; stop(): Promise<void> } {
  const registry = createRegistry(registryFolders(config.roots), (session_id) =>
    bus.publish("claimed", { session_id }),
  );
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
