import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { emptyBatch } from "../../collector/file-batch.ts";
import { fastPath } from "../../collector/import/fast-path.ts";
import { codex } from "../../collector/sources/codex/source.ts";
import { samplesOf } from "../../schema/rollout-limits.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/codex/home");
const STATS = { ino: 1, birthtimeMs: 1, size: 1, mtimeMs: 1 } as never;

function read(path: string, lines: string[], open = fastPath.open.codex) {
  const into = emptyBatch(codex, path, STATS, 0, "active");
  const parser = open(path, "", into);
  let offset = 0;
  for (const line of lines) {
    const bytes = Buffer.from(`${line}\n`);
    parser.line(bytes, 0, bytes.length - 1, offset);
    offset += bytes.length;
  }
  const state = JSON.parse(parser.state());
  return { ...into, state, limits: [...samplesOf(into.limits)], ignored: {} };
}

/** By JSON.parse alone, as live lines are read. */
const plain = (path: string, lines: string[]) => read(path, lines, codex.open);

const rollouts = readdirSync(FIXTURES, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /^rollout-.*\.jsonl$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .sort()
  .map((path) => ({ path, lines: readFileSync(path, "utf8").split("\n").filter(Boolean) }));

test("V6 a rollout gives the same by the fast path and by the plain one: every recorded one", () => {
  for (const { path, lines } of rollouts) expect(read(path, lines)).toEqual(plain(path, lines));
  expect(rollouts.length).toBeGreaterThan(20);
});

/** Puts the value in place of one somewhere in a payload. */
function changed(line: string, place: number, value: unknown): string {
  const places: [of: Record<string, unknown>, key: string][] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, inner] of Object.entries(node)) {
      places.push([node as Record<string, unknown>, key]);
      walk(inner);
    }
  };
  const parsed = JSON.parse(line) as { payload: unknown };
  walk(parsed.payload);
  const [of, key] = places[place % places.length] ?? [{}, ""];
  if (key !== "type" && key !== "id" && key !== "source") of[key] = value;
  return JSON.stringify(parsed);
}

test("V6 a rollout gives the same by the fast path and by the plain one: up to any line, its time among it", () => {
  for (const { path, lines } of rollouts)
    for (let end = 1; end < lines.length; end++) {
      const part = lines.slice(0, end);
      expect([path, end, read(path, part).state]).toEqual([path, end, plain(path, part).state]);
    }
});

test("V6 a rollout gives the same by the fast path and by the plain one: with any value in any place", () => {
  const odd = fc.constantFrom<unknown>(
    ...[-1, 0.5, 1e300, 7, null, true, "", "12", "Exit code: 1\nOutput:\nno — ✓", "aborted by user"],
    ...[[], [7], {}, { input_tokens: 5 }, "Output:\\n", `{"output":"x","metadata":{"exit_code":2}}`],
  );
  const change = fc.record({ line: fc.nat(), place: fc.nat(), value: odd });
  /** A byte lost, two lines glued, an end torn off: as a crash leaves them. */
  const broken = fc.record({ line: fc.nat(), at: fc.nat(), how: fc.constantFrom("cut", "glue", "lose") });
  void fc.assert(
    fc.property(
      fc.nat({ max: rollouts.length - 1 }),
      fc.array(change, { maxLength: 12 }),
      fc.array(broken, { maxLength: 3 }),
      (file, changes, breaks) => {
        const { path, lines } = rollouts[file]!;
        const made = [...lines];
        for (const { line, place, value } of changes)
          made[line % made.length] = changed(made[line % made.length]!, place, value);
        for (const { line, at, how } of breaks) {
          const text = made[line % made.length]!;
          const head = text.slice(0, at % text.length);
          const tail = { cut: "", glue: text, lose: text.slice((at % text.length) + 1) }[how];
          if (head + tail !== "") made[line % made.length] = head + tail;
        }
        expect(read(path, made)).toEqual(plain(path, made));
      },
    ),
    { numRuns: 1000 },
  );
});
