import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { createActivityTracker } from "../../../collector/activity/tracker.ts";
import type { Activity } from "../../../schema/activity.ts";
import { createWorld } from "../../world.ts";
import { recordedHooks, spoolLine } from "./recorded.ts";

const SPOOL = ".local/share/hall-monitor/spool/202611010000.log";

test("F040.A4 an ageing session shows what was written through any connection, and what time alone changes", async () => {
  const hooks = recordedHooks("tui2").slice(0, 8);
  const world = createWorld();
  for (const hook of hooks) world.append(SPOOL, spoolLine(hook));
  await world.read();
  const { filename } = world.db;
  const [reader, other] = [
    new Database(filename, { strict: true }),
    new Database(filename, { strict: true }),
  ];
  let now = hooks.at(-1)!.t_ms;
  const activities: Activity[] = [];
  const bus = {
    ...world.pipeline.bus,
    publish: ((_: string, { activity }: { activity: Activity }) => activities.push(activity)) as never,
  };
  const tracker = createActivityTracker({ reader, bus, now: () => now });
  try {
    tracker.refresh();
    tracker.age();
    const before = activities.length;
    tracker.age();
    expect(activities.length).toBe(before);
    for (const [i, db] of [other, reader].entries()) {
      db.run("update sessions set title = ?", [`title ${i}`]);
      tracker.age();
      expect(activities.length).toBe(before + 1 + i);
    }
    // Nothing is written, and time passes.
    now += 2 * 60 * 60_000;
    tracker.age();
    expect(activities.length).toBe(before + 3);
    expect(activities.at(-1)!.state).not.toBe(activities.at(-2)!.state);
  } finally {
    tracker.close();
    reader.close();
    other.close();
    world.close();
  }
});
