import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { Clock } from "../../collector/bytes.ts";
import { Forms } from "../../collector/forms.ts";

const text = fc.string({ unit: "binary", maxLength: 12 });
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const leaf = fc.oneof(text, number, fc.boolean(), fc.constant(null));

/** Objects of one form: the same keys, other values of the same kinds, long and short. */
const alike = fc
  .dictionary(
    fc.string({ maxLength: 5 }).filter((key) => key !== "__proto__"),
    fc.constantFrom("text", "number", "list", "null"),
    {
      maxKeys: 6,
    },
  )
  .chain((kinds) => {
    const entries = Object.entries(kinds).map(([key, kind]) => {
      const value =
        kind === "text"
          ? text
          : kind === "number"
            ? number
            : kind === "null"
              ? fc.constant(null)
              : fc.tuple(number, text);
      return [key, value] as const;
    });
    return fc.array(fc.record(Object.fromEntries(entries)), { minLength: 2, maxLength: 5 });
  });

function readAs(forms: Forms, json: string, before: string, after: string): unknown {
  const bytes = Buffer.from(`xx${json}${after}tail`);
  const end = Buffer.byteLength(json) + 2;
  return forms.read(bytes, 2 + before.length, end);
}

describe("forms", () => {
  test("what is of a known form says the same as decoded anew", () => {
    const forms = new Forms();
    fc.assert(
      fc.property(alike, (objects) => {
        for (const object of objects) {
          const json = JSON.stringify(object);
          expect(readAs(forms, json, "", "")).toEqual(JSON.parse(json));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("any object, of a known form or not, with escapes and letters beyond ASCII", () => {
    const forms = new Forms();
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 3 }), leaf, { maxKeys: 3 }), (object) => {
        const json = JSON.stringify(object);
        expect(readAs(forms, json, "", "")).toEqual(JSON.parse(json));
      }),
      { numRuns: 500 },
    );
  });

  test("what is no JSON is no object, also where a form begins like it", () => {
    const forms = new Forms();
    const read = (json: string) => readAs(forms, json, "", "");
    expect(read('{"a":1,"b":"x"}')).toEqual({ a: 1, b: "x" });
    expect(read('{"a":22,"b":"y"}')).toEqual({ a: 22, b: "y" });
    for (const broken of [
      '{"a":22,"b":"y"',
      '{"a":22,"b":"y"}}',
      '{"a":22,"b":"y\n"}',
      '{"a":,"b":"y"}',
      '{"a":22,"b":"y\\"}',
      '{"a":22,"b":"y\\q"}',
      "[1]",
      "1",
    ])
      expect(read(broken)).toBeUndefined();
    expect(read('{"a":1,"a":2}')).toEqual({ a: 2 });
    expect(read('{"a":3,"a":4}')).toEqual({ a: 4 });
  });

  test("a number that is none in JSON is none in a form", () => {
    const forms = new Forms();
    const read = (json: string) => readAs(forms, json, "", "");
    expect(read('{"n":1}')).toEqual({ n: 1 });
    for (const odd of ["01", "1.", ".5", "1e", "--1", "+1", "1-2", "-", "e5"])
      expect(read(`{"n":${odd}}`)).toBeUndefined();
    for (const good of ["-0.5", "1e3", "1.25E-2", "123456789012345678901"])
      expect(read(`{"n":${good}}`)).toEqual({ n: Number(good) });
  });
});

describe("the clock", () => {
  test("tells the milliseconds that Date does", () => {
    const clock = new Clock();
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }), (date) => {
        expect(clock.at(Buffer.from(`"${date.toISOString()}"`), 1)).toBe(date.getTime());
      }),
    );
  });

  test("is not sure of any other form", () => {
    const clock = new Clock();
    for (const odd of [
      "2026-11-13T08:06:35.426+",
      "2026-11-13 08:06:35.426Z",
      "2026-11-13T24:06:35.426Z",
      "2026-13-13T08:06:35.426Z",
      "2026-11-13T08:06:35.4x6Z",
      "12026-11-13T08:06:35.42Z",
    ])
      expect(clock.at(Buffer.from(odd), 0)).toBeNaN();
  });
});
