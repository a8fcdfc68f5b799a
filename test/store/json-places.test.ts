import { expect, test } from "bun:test";
import { lineAndColumn, placesIn } from "../../store/json-places.ts";

const VALUES: unknown[] = [
  {},
  [],
  0,
  -1.5e-7,
  'a\\"\u2028😀\n',
  { a: [1, { b: null }], "": { "x\0y": [[], [true]] } },
  { '"': { "\\": "}" }, ",": "]", ":": [",", "{"] },
];

test.each(VALUES.map((value) => [value]))("F006.A6 what JSON.parse takes has no fault: %j", (value) => {
  for (const indent of [0, 2, "\t"])
    expect(placesIn(JSON.stringify(value, null, indent)).fault).toBeUndefined();
});

test("F006.A6 what JSON.parse refuses has a fault within the text", () => {
  const good = JSON.stringify({ a: [1, -2.5, "x\\y"], b: { c: null, d: true } }, null, 1);
  for (let at = 0; at < good.length; at++)
    for (const text of [
      good.slice(0, at),
      good.slice(0, at) + good.slice(at + 1),
      `${good.slice(0, at)}'${good.slice(at)}`,
    ]) {
      const { fault } = placesIn(text);
      expect([text, fault === undefined]).toEqual([text, isJson(text)]);
      if (fault) expect(fault.offset).toBeLessThanOrEqual(text.length);
    }
});

test("F006.A5 a key has the place of its quote, an entry of a list that of its value", () => {
  const text = '{\n  "a": [\n    1, { "b": 2 }\n  ]\n}';
  const { placeOf } = placesIn(text);
  const place = (...path: PropertyKey[]) => lineAndColumn(text, placeOf(path) ?? -1);
  expect(place("a")).toEqual({ line: 2, column: 3 });
  expect(place("a", 0)).toEqual({ line: 3, column: 5 });
  expect(place("a", 1, "b")).toEqual({ line: 3, column: 10 });
  expect(placeOf(["b"])).toBeUndefined();
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
