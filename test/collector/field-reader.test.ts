import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { FieldReader } from "../../collector/import/field-reader.ts";
import { compileFields } from "../../scripts/build-fields.ts";

const ROOT = join(import.meta.dir, "../..");
const [A, LONG, INSIDE, DEEP, LIST, EACH] = [0, 1, 2, 3, 4, 5];
const LONG_KEY = "a_key_that_is_longer_than_16_b";
const reader = new FieldReader({
  a: A,
  [LONG_KEY]: LONG,
  inside: [INSIDE, { deep: DEEP }],
  list: [LIST, { each: EACH }, "list"],
});
const accepts = (line: string): boolean => {
  const bytes = Buffer.from(`${line}\n`);
  return reader.locate(bytes, 0, bytes.length - 1);
};

const jsonValue = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', "\\", "\n", "\t", "b", "{", "}", ",", "ü", "😀", "\u0001") }),
  fc.constantFrom(
    "x".repeat(15),
    "x".repeat(16),
    `${"x".repeat(63)}"`,
    `${"\\".repeat(64)}"`,
    "y".repeat(500),
  ),
);
const scalar = fc.oneof(
  jsonValue,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
);
const value = fc.oneof(scalar, fc.constant(null), fc.array(scalar, { maxLength: 3 }));
const unwanted = fc.dictionary(
  fc.constantFrom("b", "A", "a ", "each", "deep", "a_key_that_is_longer_than_16"),
  value,
);
const line = fc
  .tuple(
    unwanted,
    fc.record(
      {
        a: value,
        [LONG_KEY]: value,
        inside: fc.oneof(value, fc.record({ deep: value, b: unwanted })),
        list: fc.oneof(value, fc.array(fc.record({ each: value }), { maxLength: 3 })),
      },
      { requiredKeys: [] },
    ),
  )
  .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>);

describe("the field reader", () => {
  test("F008 reads each wanted field as JSON does", () => {
    const check = (mark: number, expected: unknown) => {
      expect(reader.isThere(mark)).toBe(expected !== undefined);
      expect(reader.value(mark)).toEqual(expected);
      expect(reader.has(mark)).toBe(expected !== undefined && expected !== null);
      expect(reader.isTrue(mark)).toBe(expected === true);
      expect(reader.isText(mark)).toBe(typeof expected === "string");
      expect(reader.text(mark)).toBe(typeof expected === "string" ? expected : "");
      const number = reader.number(mark);
      if (!Array.isArray(expected)) expect(Number.isNaN(number) || number === expected).toBe(true);
      if (Number.isSafeInteger(expected) && Math.abs(expected as number) < 1e14)
        expect(number).toBe(expected as number);
    };
    void fc.assert(
      fc.property(line, fc.boolean(), (made, isSpaced) => {
        const text = JSON.stringify(made, undefined, isSpaced ? " " : "").replaceAll("\n", " ");
        const fields = JSON.parse(text) as Record<string, unknown>;
        expect(accepts(text)).toBe(true);
        const { inside, list } = fields;
        check(A, fields.a);
        check(LONG, fields[LONG_KEY]);
        check(INSIDE, inside);
        const isObject = typeof inside === "object" && inside !== null && !Array.isArray(inside);
        check(DEEP, isObject ? (inside as { deep?: unknown }).deep : undefined);
        check(LIST, list);
        if (Array.isArray(list)) expect(reader.number(LIST)).toBe(list.length);
        check(
          EACH,
          Array.isArray(list)
            ? (list as { each?: unknown }[]).findLast((e) => e?.each !== undefined)?.each
            : undefined,
        );
      }),
      { numRuns: 2000 },
    );
  });

  test("F008 takes nothing for a line that JSON does not, wherever a byte is lost or added", () => {
    let refused = 0;
    const damage = fc.constantFrom("", "{", "}", "[", "]", ",", ":", '"', "0", "x", " ", "-", ".", "\\", "u");
    void fc.assert(
      fc.property(line, fc.nat(), damage, (fields, at, byte) => {
        const whole = JSON.stringify(fields);
        const cut = at % whole.length;
        const text = whole.slice(0, cut) + byte + whole.slice(cut + 1);
        if (accepts(text)) expect(() => JSON.parse(text)).not.toThrow();
        else refused++;
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(300);
  });

  test("F008 takes an escape that JSON knows, and no other, wherever it is in a text", () => {
    const tail = ["", "u", "uD8", "u00e9", "u00g9", "u00E9x", ...'"\\/bfnrtavx0`{'.split(""), "é", "\n"];
    for (let before = 0; before < 140; before++)
      for (const behind of tail) {
        const text = `{"zz":"${"x".repeat(before)}\\${behind} \\\\","a":7}`;
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect([text, accepts(text)]).toEqual([text, isJson]);
      }
  });

  test.each([
    ["a wanted object twice", '{"inside":{"deep":1},"inside":{}}'],
    ["a key spelled with escapes", '{"\\u0061":1}'],
    ["lists without an end", `{"b":${"[".repeat(100_000)}`],
    ["lists too deep", `{"b":${"[".repeat(5000)}${"]".repeat(5000)}}`],
    ["another line behind it", '{"a":1}{"a":2}'],
    ["no object", "[1]"],
    ["nothing", ""],
    ["a line longer than its memory", `{"a":"${"x".repeat(5_000_000)}"}`],
  ])("F008 leaves %s to a whole reading", (_, text) => {
    expect(accepts(text)).toBe(false);
  });

  test("F008 reads numbers of up to fourteen digits exactly, and leaves a longer one to JSON", () => {
    for (const text of [
      "0",
      "-0.5",
      "24.25",
      "1793706435123",
      "99999999999.999",
      "1e3",
      "12345678901234567890",
    ]) {
      expect(accepts(`{"a":${text}}`)).toBe(true);
      const exact = text.length < 16 && !text.includes("e");
      expect(reader.number(A)).toBe(exact ? Number(text) : Number.NaN);
    }
  });

  test("F008 gives a text again that it is shown, and a digest that changes with any byte of it", () => {
    const digests = new Set<number>();
    for (const text of ["session-1", "session-2", "session-12", "", "s"]) {
      accepts(JSON.stringify({ a: text }));
      for (const given of [reader.text(A), reader.again(A), reader.again(A)]) expect(given).toBe(text);
      digests.add(reader.digest(1 << A));
    }
    for (const none of ['{"a":5}', '{"a":null}', '{"b":"s"}', "{}"]) {
      accepts(none);
      expect(reader.again(A)).toBe("");
    }
    digests.add(reader.digest(1 << A));
    expect(digests.size).toBe(6);
  });

  test("F008 refuses two fields on one mark, and marks beyond its memory", () => {
    expect(() => new FieldReader({ a: 0, b: [1, { c: 0 }] })).toThrow();
    expect(() => new FieldReader({ a: 80 })).toThrow();
  });

  test("F008 no two of a million texts that differ in some letters have one digest", () => {
    const digests = new Set<number>();
    let texts = 0;
    for (const start of ["msg_01", "req_01", "", "toolu_0", '{"output_tokens":'])
      for (let n = 0; n < 200_000; n++, texts++) {
        accepts(JSON.stringify({ a: start + n }));
        digests.add(reader.digest(1 << A));
      }
    expect(digests.size).toBe(texts);
  });

  test("F008 gives the milliseconds that Date does", () => {
    const moments = fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true });
    void fc.assert(
      fc.property(moments, (date) => {
        accepts(JSON.stringify({ a: date }));
        expect(reader.time(A)).toBe(date.getTime());
      }),
    );
  });

  test("F008 is not sure of a time in any other form", () => {
    for (const odd of [
      "2026-11-13T08:06:35.426+",
      "2026-11-13 08:06:35.426Z",
      "2026-11-13T24:06:35.426Z",
      "2026-13-13T08:06:35.426Z",
      "2026-00-13T08:06:35.426Z",
      "2026-02-29T08:06:35.426Z",
      "2026-04-31T08:06:35.426Z",
      "2026-11-13T08:06:35.4x6Z",
      "2026-11-13T08:06:35.42xZ",
      "12026-11-13T08:06:35.42Z",
      "2026-11",
      5,
    ]) {
      accepts(JSON.stringify({ a: odd }));
      expect(reader.time(A)).toBeNaN();
    }
  });

  test("F008 is built from its source as is", async () => {
    expect(await compileFields()).toBe(readFileSync(join(ROOT, "collector/import/code.ts"), "utf8"));
  });

  test("F008 where there are no vector instructions every line is read whole, with the same result", () => {
    const script = `
      import { readFileSync } from "node:fs";
      import { emptyBatch } from "./collector/file-batch.ts";
      import { fastPath } from "./collector/import/fast-path.ts";
      import { claude } from "./collector/sources/claude/source.ts";
      import { feedLines } from "./collector/lines.ts";
      import { skimTranscript } from "./collector/import/claude.ts";
      const bytes = readFileSync(process.argv[1]);
      const into = emptyBatch(claude, "/p/s.jsonl", { ino: 1, birthtimeMs: 1, size: 1, mtimeMs: 1 }, 0, "active");
      feedLines(fastPath.open.claude("/p/s.jsonl", "", into), bytes, 0, bytes.length, 0);
      const isSkimmed = skimTranscript(bytes, 0, bytes.indexOf(10)) !== undefined;
      console.log(JSON.stringify({ isSkimmed, into }));`;
    const text =
      '{"type":"assistant","sessionId":"S1","timestamp":"2026-11-01T10:00:00.000Z","message":{"id":"msg_01A","model":"m","content":[],"stop_reason":"end_turn","usage":{"output_tokens":7}}}\n';
    const folder = mkdtempSync(join(tmpdir(), "hall-fields-"));
    const path = join(folder, "S1.jsonl");
    const run = (env: Record<string, string>) => {
      const done = Bun.spawnSync([process.execPath, "-e", script, path], {
        cwd: ROOT,
        env: { ...process.env, ...env },
      });
      return JSON.parse(done.stdout.toString()) as { isSkimmed: boolean; into: { requests: unknown[] } };
    };
    writeFileSync(path, text);
    const [fast, slow] = [run({}), run({ BUN_JSC_useWasmSIMD: "0" })];
    rmSync(folder, { recursive: true, force: true });
    expect([fast.isSkimmed, slow.isSkimmed]).toEqual([true, false]);
    expect(fast.into.requests).toHaveLength(1);
    expect(slow.into).toEqual(fast.into);
  });
});
