import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { lineFields } from "../../store/archive-text.ts";
import { appendLines } from "../../store/archive-write.ts";
import { checkLine, sealLine } from "../../store/line-sum.ts";
import { createTable } from "../../store/table-steps.ts";
import { RATE_LIMIT_SAMPLES } from "../../store/tables/events.ts";
import { TOOL_CALLS } from "../../store/tables/sessions.ts";

const text = fc.string({ unit: "binary", maxLength: 40 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const whole = fc.maxSafeInteger();

test("I10.4 a line is what JSON makes of the row, whatever its texts and fractions are", () => {
  const db = new Database(":memory:", { strict: true });
  db.run(createTable(RATE_LIMIT_SAMPLES, 99));
  const { sql, fieldsOf } = lineFields(RATE_LIMIT_SAMPLES);
  const line = db.query<unknown, []>(`select ${sql} from rate_limit_samples l`);
  const row = fc.record({
    sample_id: text,
    source: text,
    origin: text,
    account: text,
    limit_id: text,
    window: text,
    window_minutes: maybe(whole),
    used_percent: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    resets_at_unix_ms: maybe(whole),
    time_unix_ms: whole,
    session_id: text,
  });
  fc.assert(
    fc.property(row, (values) => {
      const names = Object.keys(values);
      db.run("delete from rate_limit_samples");
      db.run(
        `insert into rate_limit_samples (${names.join(", ")}) values (${names.map(() => "?").join(", ")})`,
        Object.values(values),
      );
      const present = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
      expect(`{${fieldsOf(line.values()[0] as unknown[], 0).slice(1)}}`).toBe(JSON.stringify(present));
    }),
  );
});

test("I10.4 what SQLite writes of a text is spelled as JSON.stringify spells it", () => {
  const db = new Database(":memory:");
  const quoted = db.query<{ text: string }, [string]>("select json_quote(?) as text");
  fc.assert(
    fc.property(text, (value) => {
      expect(quoted.get(value)!.text).toBe(JSON.stringify(value));
    }),
  );
  for (let code = 0; code < 0x300; code++) {
    const one = `a${String.fromCharCode(code)}b`;
    expect(quoted.get(one)!.text).toBe(JSON.stringify(one));
  }
});

test("I10.4 a joined value that is missing is left out of the line", () => {
  const { sql } = lineFields(TOOL_CALLS);
  expect(sql).toContain("iif(s.source is null, ''");
  expect(sql).not.toContain("iif(c.tool_key is null");
});

test("F036.A1 lines are appended with the checksums of their text, also those longer than what is written at once", () => {
  const dir = mkdtempSync(join(tmpdir(), "hall-append-"));
  const path = join(dir, "2026-11-20.jsonl");
  const bodies = [1, 300_000, 7, 200_000, 250_000, 900_000, 2].map((chars, i) =>
    JSON.stringify({ seq: i + 1, text: "日é\u{1F600}x".repeat(chars).slice(0, chars) }),
  );
  appendLines(path, bodies.slice(0, 3));
  appendLines(path, bodies.slice(3));
  let chain = "";
  const expected = bodies.map((body) => {
    const sealed = sealLine(body.toWellFormed(), chain);
    chain = sealed.chain;
    return sealed.line;
  });
  const lines = readFileSync(path, "utf8").split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map(Bun.hash)).toEqual(expected.map(Bun.hash));
  let previous = "";
  for (const line of lines) {
    const checked = checkLine(line, previous);
    expect([checked.trust, checked.follows]).toEqual(["good", true]);
    previous = checked.chain;
  }
  rmSync(dir, { recursive: true });
});
