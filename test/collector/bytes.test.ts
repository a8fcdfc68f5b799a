import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { equalsAscii } from "../../collector/bytes.ts";

test("F008 bytes equal a text that has their letters and no other", () => {
  const few = fc.stringMatching(/^[ab]{0,3}$/);
  void fc.assert(
    fc.property(few, few, (there, known) => {
      expect(equalsAscii(Buffer.from(`<${there}>`), 1, 1 + there.length, known)).toBe(there === known);
    }),
  );
});
