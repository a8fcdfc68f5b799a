import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOver, run } from "./measure.ts";
import { warm } from "./warm.ts";

const figure = (value: number, bound: { limit?: number; at_least?: number }) =>
  isOver({ name: "n", value, unit: "x", ...bound });

test("a figure misses its limit above it, what it must be at least below it, and both without a number", () => {
  expect(figure(1, { limit: 1 })).toBe(false);
  expect(figure(1.01, { limit: 1 })).toBe(true);
  expect(figure(50, { at_least: 50 })).toBe(false);
  expect(figure(49.9, { at_least: 50 })).toBe(true);
  expect(figure(Number.NaN, { limit: 1 })).toBe(true);
  expect(figure(Number.NaN, { at_least: 50 })).toBe(true);
  expect(figure(Number.NaN, {})).toBe(false);
});

test("a program's first line is timed apart from its end, and all of its output is kept", async () => {
  const ran = await run(["sh", "-c", "printf one; echo ' é'; sleep 0.2; echo two"], {
    PATH: process.env.PATH!,
  });
  expect(ran.stdout).toBe("one é\ntwo\n");
  expect(ran.line_ms).toBeLessThan(ran.ms);
  const silent = await run(["sh", "-c", "printf no-line"], { PATH: process.env.PATH! });
  expect(silent.stdout).toBe("no-line");
  expect(silent.line_ms).toBeNaN();
});

test("warming reads every file of every folder to its end", () => {
  const dir = mkdtempSync(join(tmpdir(), "hall-warm-"));
  mkdirSync(join(dir, "a/b"), { recursive: true });
  writeFileSync(join(dir, "a/b/large"), Buffer.alloc(2_500_000));
  writeFileSync(join(dir, "a/small"), "12345");
  writeFileSync(join(dir, "empty"), "");
  expect(warm(dir)).toBe(2_500_005);
  rmSync(dir, { recursive: true, force: true });
});
