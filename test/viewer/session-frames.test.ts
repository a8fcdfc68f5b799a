import { expect, test } from "bun:test";
import { createBus } from "../../collector/bus.ts";
import type { SessionActivity } from "../../schema/activity.ts";
import { createSessionFrames } from "../../viewer/session-frames.ts";

const at = (state: SessionActivity["activity"]["state"], since_unix_ms: number): SessionActivity => ({
  session_key: "claude:S1",
  activity: { state, since_unix_ms, waits_for: null, tool: null, agents_working: 0, witness: "hook" },
});

test("H16 a burst of changes is shown at once, a flood once a second, and the last state always", async () => {
  const bus = createBus();
  let wakes = 0;
  const last = Promise.withResolvers<void>();
  const frames = createSessionFrames(bus, () => {
    wakes++;
    if (frames.since(0).at(-1)?.activity.since_unix_ms === 99) last.resolve();
  });
  for (let i = 0; i < 100; i++) bus.publish("activity", at(i % 2 ? "working" : "done", i));
  expect(wakes).toBeGreaterThan(1);
  expect(wakes).toBeLessThan(6);
  await last.promise;
  expect(frames.since(frames.version())).toEqual([]);
  expect(frames.since(0)).toEqual([at("working", 99)]);
});
