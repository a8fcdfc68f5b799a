import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { Clock, says } from "../../collector/bytes.ts";

describe("the clock of a file", () => {
  test("tells the milliseconds that Date does", () => {
    const clock = new Clock();
    const moments = fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(moments, (date) => {
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
      "2026-11",
    ])
      expect(clock.at(Buffer.from(odd), 0)).toBeNaN();
  });
});

test("bytes say a text that has their letters and no other", () => {
  const few = fc.stringMatching(/^[ab]{0,3}$/);
  fc.assert(
    fc.property(few, few, (there, known) => {
      expect(says(Buffer.from(`<${there}>`), 1, 1 + there.length, known)).toBe(there === known);
    }),
  );
});
