import { expect, test } from "bun:test";
import { createWorkMeter } from "../../cli/work-meter.ts";

const SECOND = 1_000_000;

test("F007.A7 work that takes processor time ends once, when nothing is stored any more", () => {
  let spent = 0;
  const work = createWorkMeter(() => spent);
  const after = (micros: number, isQuiet: boolean) => {
    spent += micros;
    return work.hasEnded(isQuiet);
  };
  expect(after(20 * SECOND, false)).toBe(false);
  // All is stored, and the rows are compared.
  expect(after(2 * SECOND, true)).toBe(false);
  expect(after(SECOND / 10, true)).toBe(true);
  expect(after(SECOND / 10, true)).toBe(false);
  // Answers to a page.
  expect(after(3 * SECOND, true)).toBe(false);
  // Little is stored now and then: that work is not over yet.
  expect(after(SECOND / 10, false)).toBe(false);
  expect(after(SECOND / 10, true)).toBe(true);
  expect(after(SECOND / 10, false)).toBe(false);
});
