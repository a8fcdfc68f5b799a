import { mkdirSync, renameSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { createPlanFollower } from "../../collector/plans/follower.ts";
import type { FeatureStatus } from "../../schema/plan.ts";
import { createWorld, jsonl } from "../world.ts";

/** A minute ago: old enough that no tool call has to be waited for. */
export const BASE_MS = Date.now() - 60_000;

export type States = Record<string, FeatureStatus>;
export const line = (id: string, status: FeatureStatus, depends_on: string[] = []) => ({
  id,
  file: `prompts/${id}.md`,
  description: `Feature ${id}`,
  depends_on,
  edge_cases: [],
  decisions: [],
  code_refs: [],
  status,
  verification: "bun test",
});

/** A world with a project that a session has worked in, and plans that are followed on a clock of the test's own. */
export function planWorld(env: Record<string, string> = {}) {
  const world = createWorld(env);
  const project = world.path("shop");
  mkdirSync(project);
  world.config.plans.roots.push(project);
  const path = (relative: string) => join(project, relative);
  const { store, bus, collector } = world.pipeline;
  let clock = Date.now() + 10_000;
  const follow = () =>
    createPlanFollower({
      store,
      bus,
      telemetry: collector.telemetry,
      now: () => clock,
      settings: { ...world.config.plans, roots: world.config.plans.roots },
    });
  let plans = follow();
  return {
    world,
    project,
    path,
    /** Moves the clock on. */
    later(ms: number): void {
      clock += ms;
    },
    /** What a new process does. */
    restart(): void {
      plans = follow();
    },
    /** Writes a manifest as of so many seconds after the base. */
    manifest(states: States, seconds: number, folder = "dev/active/shop-plan"): void {
      world.write(
        join("shop", folder, "manifest.jsonl"),
        jsonl(...Object.entries(states).map(([id, s]) => line(id, s))),
      );
      const at = (BASE_MS + seconds * 1000) / 1000;
      utimesSync(path(join(folder, "manifest.jsonl")), at, at);
    },
    move: (from: string, to: string): void => {
      mkdirSync(join(path(to), ".."), { recursive: true });
      renameSync(path(from), path(to));
    },
    remove: (folder: string): void => rmSync(path(folder), { recursive: true }),
    /** Scans, stores what is due, and returns the plan events that are new. */
    scan(): string[] {
      const before = store.lastSeq();
      plans.drain();
      return world
        .all<{ event_type: string; event_id: string }>(
          "select event_type, event_id from events where source = 'plan' and seq > ? order by seq",
          before,
        )
        .map((e) => e.event_id.split(":").slice(2).join(" ").replace(" -", ""));
    },
    events: () =>
      world
        .all<{ event_type: string; time_unix_ms: number; session: string; data: string }>(
          `select event_type, time_unix_ms, s.source || ':' || s.source_session_id as session, data
           from events e join sessions s using (session_pk) where e.source = 'plan' order by e.seq`,
        )
        .map((e) => ({ ...e, data: JSON.parse(e.data) as Record<string, unknown> })),
    plan: (name = "shop-plan") =>
      world.one<Record<string, unknown>>("select * from plans where name = ?", name),
    [Symbol.dispose]: () => world.close(),
  };
}
