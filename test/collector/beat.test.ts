import { expect, test } from "bun:test";
import { createBeat, createSchedule } from "../../collector/beat.ts";
import { until } from "../e2e/daemon.ts";

const WORK = { run: () => {} };
const ORIGIN = 17;

/** When a schedule wakes within ten seconds, and what runs then. */
function wakes(works: Record<string, { every_ms: number; rest_ms?: number }>, isAtRest: boolean) {
  const schedule = createSchedule(ORIGIN);
  const names = new Map<object, string>();
  for (const [name, periods] of Object.entries(works)) {
    const work = { ...WORK, ...periods };
    names.set(work, name);
    schedule.add(work, ORIGIN + 3);
  }
  const seen: [number, string][] = [];
  for (let at = schedule.nextAt(isAtRest)!; at <= ORIGIN + 10_000; at = schedule.nextAt(isAtRest)!)
    seen.push([
      at - ORIGIN,
      schedule
        .takeDue(at, isAtRest)
        .map((work) => names.get(work))
        .join(" "),
    ]);
  return seen;
}

test("F007.A5 checks of equal and of double periods share their wakes", () => {
  const works = { second: { every_ms: 1000 }, two: { every_ms: 2000 }, five: { every_ms: 5000 } };
  expect(wakes(works, false)).toEqual([
    [1000, "second"],
    [2000, "second two"],
    [3000, "second"],
    [4000, "second two"],
    [5000, "second five"],
    [6000, "second two"],
    [7000, "second"],
    [8000, "second two"],
    [9000, "second"],
    [10_000, "second two five"],
  ]);
});

test("F007.A6 at rest the longer periods apply, and only to what has one", () => {
  const works = { spool: { every_ms: 200, rest_ms: 5000 }, two: { every_ms: 2000 } };
  expect(wakes(works, true)).toEqual([
    [2000, "two"],
    [4000, "two"],
    [5000, "spool"],
    [6000, "two"],
    [8000, "two"],
    [10_000, "spool two"],
  ]);
  expect(wakes(works, false)).toHaveLength(50);
});

test("F007 the end of a rest brings forward what is due by its shorter period", () => {
  const schedule = createSchedule(0);
  schedule.add({ ...WORK, every_ms: 200, rest_ms: 10_000 }, 0);
  expect(schedule.takeDue(3000, true)).toEqual([]);
  expect(schedule.nextAt(true)).toBe(10_000);
  expect(schedule.nextAt(false)).toBe(200);
  expect(schedule.takeDue(3000, false)).toHaveLength(1);
});

test("F007 what was due many times while the machine slept runs once", () => {
  const schedule = createSchedule(0);
  const end = schedule.add({ ...WORK, every_ms: 1000 }, 0);
  expect(schedule.takeDue(3_600_000, false)).toHaveLength(1);
  expect(schedule.nextAt(false)).toBe(3_601_000);
  end();
  expect(schedule.nextAt(false)).toBeUndefined();
});

test("F007 a check is repeated until its end, also where another one ends it in the same wake", async () => {
  const beat = createBeat();
  try {
    let checks = 0;
    let ended = 0;
    const ends: (() => void)[] = [];
    beat.every({
      every_ms: 5,
      run() {
        for (const end of ends) end();
        checks++;
      },
    });
    ends.push(beat.every({ every_ms: 5, run: () => void ended++ }));
    await until("it was repeated", () => checks >= 3);
    expect(ended).toBe(0);
  } finally {
    beat.stop();
  }
});
