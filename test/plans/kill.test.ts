import { expect, test } from "bun:test";
import { mkdirSync, realpathSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FEATURE_STATUSES, type FeatureStatus } from "../../schema/plan.ts";
import { all, startDaemon, tempHome, until } from "../e2e/daemon.ts";
import { line } from "./rig.ts";

const ROUNDS = 15;
const IDS = ["A", "B", "C", "D", "E"];

test("F010 15 kill -9 while a manifest changes: rows, attempts and events agree, and no event comes twice", async () => {
  using home = tempHome();
  const project = join(realpathSync(home.path), "shop");
  const manifest = join(project, "dev/active/shop-plan/manifest.jsonl");
  mkdirSync(join(manifest, ".."), { recursive: true });
  home.env.HALL_PLAN_ROOTS = project;
  home.env.HALL_SCAN_INTERVAL_MS = "50";
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };
  const states = new Map<string, FeatureStatus>(IDS.map((id) => [id, "pending"]));
  const change = (round: number, step: number) => {
    states.set(IDS[random(IDS.length)]!, FEATURE_STATUSES[random(FEATURE_STATUSES.length)]!);
    writeFileSync(
      `${manifest}.new`,
      [...states].map(([id, s]) => `${JSON.stringify(line(id, s))}\n`).join(""),
    );
    // So old that no tool call is waited for.
    const at = Date.now() / 1000 - 3600 + round * 60 + step;
    utimesSync(`${manifest}.new`, at, at);
    renameSync(`${manifest}.new`, manifest);
  };
  change(0, 0);
  for (let round = 1; round <= ROUNDS; round++) {
    await using daemon = await startDaemon(home);
    for (let step = 0; step < 4; step++) {
      change(round, step);
      await Bun.sleep(random(60));
    }
    await daemon.kill9();
  }

  await using _last = await startDaemon(home);
  const stored = () =>
    Object.fromEntries(
      all<{ feature_id: string; status: string }>(home, "select feature_id, status from plan_features").map(
        (f) => [f.feature_id, f.status],
      ),
    );
  await until("the last state is stored", () => Bun.deepEquals(stored(), Object.fromEntries(states)));
  const events = all<{ event_type: string; event_id: string }>(
    home,
    "select event_type, event_id from events where event_type in ('feature_started', 'feature_completed', 'feature_failed') order by seq",
  );
  const attempts = all<{ feature_id: string; attempt: number; outcome: string | null }>(
    home,
    "select * from plan_attempts",
  );
  const received = new Map(IDS.map((id) => [id, [] as string[]]));
  for (const { event_type, event_id } of events) {
    const [, , , id = "", n] = event_id.split(":");
    received.get(id)!.push(`${event_type.slice("feature_".length)} ${n}`);
  }
  expect(new Set(events.map((e) => e.event_id)).size).toBe(events.length);
  for (const id of IDS) {
    const wanted = attempts
      .filter((a) => a.feature_id === id)
      .sort((a, b) => a.attempt - b.attempt)
      .flatMap((a) => [
        `started ${a.attempt}`,
        ...(a.outcome === "completed" || a.outcome === "failed" ? [`${a.outcome} ${a.attempt}`] : []),
      ]);
    expect([id, received.get(id)!]).toEqual([id, wanted]);
    expect(attempts.filter((a) => a.feature_id === id && a.outcome === null).length).toBe(
      states.get(id) === "in_progress" ? 1 : 0,
    );
  }
  expect(events.length).toBeGreaterThan(10);
});
