import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { olderThan } from "../../store/retention.ts";

const DAY_MS = 86_400_000;
const TODAY = Date.parse("2026-11-20T12:00:00Z");

function of(days: number, now: number, ...recorded: number[]): number {
  const folder = mkdtempSync(join(tmpdir(), "hall-older-"));
  for (const ago of recorded)
    writeFileSync(join(folder, `${new Date(TODAY - ago * DAY_MS).toISOString().slice(0, 10)}.jsonl`), "");
  const before = olderThan(folder, days, now);
  rmSync(folder, { recursive: true });
  return (TODAY - before) / DAY_MS;
}
const daily = Array.from({ length: 60 }, (_, i) => i);

test("F21 I9.3 a clock that is a year ahead makes no body old that is not", () => {
  const ahead = TODAY + 365 * DAY_MS;
  expect(of(30, TODAY, ...daily)).toBe(30);
  expect(of(30, ahead, ...daily)).toBeGreaterThanOrEqual(22);
  // While it is ahead it records, too; the files of that time stay when it is back.
  expect(of(30, ahead, -365, ...daily)).toBeGreaterThanOrEqual(22);
  expect(of(30, TODAY, -365, -366, ...daily)).toBe(30);
});

test("F036 a pause of a week counts, a longer one as a week, and the calendar before the first day", () => {
  expect(of(30, TODAY, 0, 7, 14, 21, 28, 35)).toBe(30);
  expect(of(30, TODAY, 0, 20, 21)).toBe(43);
  expect(of(30, TODAY, 0)).toBe(30);
});
