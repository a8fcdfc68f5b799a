import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FeatureStatus } from "../../schema/plan.ts";
import type { Daemon, World } from "./page-rig.ts";

export type PlannedFeature = { id: string; description: string; depends_on: string[] };
const line = (f: PlannedFeature, status: FeatureStatus, more: object) =>
  JSON.stringify({
    id: f.id,
    file: `prompts/${f.id}.md`,
    description: f.description,
    depends_on: f.depends_on,
    edge_cases: [],
    decisions: [],
    code_refs: [],
    status,
    verification: `bun test test/${f.id}.test.ts`,
    ...more,
  });

/** The folder of a plan in the project `shop`; its manifest appears whole, as an editor writes it. */
export function planFolder(world: World, name: string) {
  const project = join(world.dir, "shop");
  const path = join(project, "dev/active", name, "manifest.jsonl");
  mkdirSync(dirname(path), { recursive: true });
  return {
    project,
    path,
    write(features: PlannedFeature[], states: Record<string, FeatureStatus> = {}, more: object = {}): void {
      const lines = features.map(
        (f) => `${line(f, (Object.hasOwn(states, f.id) && states[f.id]) || "pending", more)}\n`,
      );
      writeFileSync(`${path}.new`, lines.join(""));
      renameSync(`${path}.new`, path);
    },
  };
}

/** What the daemon answers, once it is as wanted. */
export async function untilAnswer<T>(daemon: Daemon, path: string, isIt: (data: T) => boolean): Promise<T> {
  for (let last = ""; ; await Bun.sleep(100)) {
    const answer = await fetch(`${daemon.url}${path}`);
    last = await answer.text();
    if (answer.ok && isIt((JSON.parse(last) as { data: T }).data))
      return (JSON.parse(last) as { data: T }).data;
  }
}
