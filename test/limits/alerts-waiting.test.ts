import { expect, test } from "bun:test";
import { createBell } from "../../cli/bell.ts";
import type { Activity, SessionActivity } from "../../schema/activity.ts";
import type { Session } from "../../schema/api-shapes.ts";
import { alertRig, NONE, START } from "./alerts-rig.ts";

const AFTER = { alerts: { waiting_after_seconds: 60 } };

function waitsFor(since_unix_ms: number, over: Partial<Activity> = {}): SessionActivity {
  const waits_for = { kind: "permission", tool_name: "Bash", argument: "rm -rf build" } as const;
  const rest = { tool: null, agents_working: 0, witness: "hook" } as const;
  return {
    session_key: "claude:S1",
    activity: { state: "waiting", since_unix_ms, waits_for, ...rest, ...over },
  };
}

test("H16 a session that waits for longer than chosen raises one alert, which is over with its answer", () => {
  using rig = alertRig(AFTER);
  rig.spend("S1", 0);
  rig.delivered.activity = [waitsFor(START)];
  rig.clock.now = START + 59_000;
  expect(rig.evaluate()).toEqual(NONE);
  rig.clock.now = START + 60_000;
  expect(rig.evaluate()).toEqual({ fired: ["session_waiting 0"], ended: [] });
  expect(rig.queries.active()).toMatchObject([
    {
      rule: "session_waiting",
      session_key: "claude:S1",
      project: "/home/dev/shop",
      value: 60,
      threshold: 60,
      title: "Claude waits for you in shop",
      detail: "Bash: rm -rf build",
      unit: "seconds",
    },
  ]);
  rig.clock.now = START + 600_000;
  expect(rig.evaluate()).toEqual(NONE);
  rig.restart();
  expect(rig.evaluate()).toEqual(NONE);
  rig.delivered.activity = [waitsFor(START + 601_000, { state: "working", waits_for: null })];
  expect(rig.evaluate()).toEqual({ fired: [], ended: ["recovered session_waiting"] });
});

test("H16 a second question of the same session is another wait", () => {
  using rig = alertRig(AFTER);
  rig.delivered.activity = [waitsFor(START)];
  rig.clock.now = START + 60_000;
  rig.evaluate();
  rig.delivered.activity = [waitsFor(START + 70_000)];
  rig.clock.now = START + 80_000;
  expect(rig.evaluate()).toEqual({ fired: [], ended: ["recovered session_waiting"] });
  rig.clock.now = START + 130_000;
  expect(rig.evaluate()).toEqual({ fired: ["session_waiting 0"], ended: [] });
});

test("H16 without a chosen time no wait raises an alert", () => {
  using rig = alertRig();
  rig.delivered.activity = [waitsFor(START)];
  rig.later(600);
  expect(rig.evaluate()).toEqual(NONE);
});

test("H16 the bell rings once a wait, and never where no time is chosen", () => {
  const rung: string[] = [];
  const bell = createBell(60, (text) => rung.push(text));
  const never = createBell(undefined, (text) => rung.push(text));
  const session = (activity: Activity) => ({ source: "claude", session_id: "S1", activity }) as Session;
  const first = [session(waitsFor(START).activity)];
  for (const ms of [0, 59_000, 60_000, 61_000, 600_000]) {
    bell(first, START + ms);
    never(first, START + ms);
  }
  expect(rung).toEqual(["\x07"]);
  bell([session(waitsFor(START + 700_000).activity)], START + 760_000);
  expect(rung).toHaveLength(2);
});
