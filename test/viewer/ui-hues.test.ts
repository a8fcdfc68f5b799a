import { expect, test } from "bun:test";
import { COLOURS, huesOf, REST, SAVED } from "../../viewer/ui/chart/hues.ts";

const MODELS = ["opus", "sonnet", "haiku", "gpt"];

test("F045 a model has one colour in every view, whatever is shown beside it", () => {
  const together = huesOf(MODELS);
  expect(new Set(together.values()).size).toBe(MODELS.length);
  for (const name of MODELS) expect(huesOf([name]).get(name)).toBe(together.get(name)!);
  expect(huesOf(["another", ...MODELS.toReversed()]).get("opus")).toBe(together.get("opus")!);
});

test("F045 no two names of a chart have one colour, however many names there were before", () => {
  for (let i = 0; i < 600; i += COLOURS) {
    const names = Array.from({ length: COLOURS }, (_, n) => `name ${i + n}`);
    const hues = huesOf([...names, REST]);
    expect(new Set(hues.values()).size).toBe(COLOURS + 1);
    expect(hues.get(REST)).toBe(9);
  }
});

test("F045 what was saved is green, whichever causes are lost beside it", () => {
  const hues = huesOf(["lost: idle too long", "lost: prefix changed", SAVED]);
  expect(hues.get(SAVED)).toBe(3);
  expect(new Set(hues.values()).size).toBe(3);
});
