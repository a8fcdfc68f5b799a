import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { emptyBatch } from "../../collector/file-batch.ts";
import { codex } from "../../collector/sources/codex/source.ts";
import { samplesOf } from "../../schema/rollout-limits.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/codex/home");
const STATS = { ino: 1, birthtimeMs: 1, size: 1, mtimeMs: 1 } as never;

function read(path: string, lines: string[]) {
  const into = emptyBatch(codex, path, STATS, 0, "active");
  const parser = codex.open(path, "", into);
  for (const [n, line] of lines.entries()) {
    const bytes = Buffer.from(`${line}\n`);
    parser.line(bytes, 0, bytes.length - 1, n + 1);
  }
  const state = JSON.parse(parser.state());
  const rejects = into.rejects.map((r) => ({ ...r, length_bytes: 0, detail: "" }));
  return { ...into, state, rejects, limits: [...samplesOf(into.limits)], ignored: {} };
}

const rollouts = readdirSync(FIXTURES, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /^rollout-.*\.jsonl$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ path, lines: readFileSync(path, "utf8").split("\n").filter(Boolean) }));

/** With an unknown key in front a line has no head that is known. */
const whole = (line: string) => line.replace("{", '{"zz":0,');

test("a rollout gives the same whether its lines are skimmed or read whole: every recorded one", () => {
  for (const { path, lines } of rollouts) expect(read(path, lines)).toEqual(read(path, lines.map(whole)));
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

test("a rollout gives the same whether its lines are skimmed or read whole: with any value in any place", () => {
  const odd = fc.constantFrom<unknown>(
    ...[-1, 0.5, 1e300, 7, null, true, "", "12", "Exit code: 1\nOutput:\nno — ✓", "aborted by user"],
    ...[[], [7], {}, { input_tokens: 5 }, "Output:\\n", `{"output":"x","metadata":{"exit_code":2}}`],
  );
  const change = fc.record({ line: fc.nat(), place: fc.nat(), value: odd });
  void fc.assert(
    fc.property(
      fc.nat({ max: rollouts.length - 1 }),
      fc.array(change, { maxLength: 12 }),
      (file, changes) => {
        const { path, lines } = rollouts[file]!;
        const made = [...lines];
        for (const { line, place, value } of changes)
          made[line % made.length] = changed(made[line % made.length]!, place, value);
        expect(read(path, made)).toEqual(read(path, made.map(whole)));
      },
    ),
    { numRuns: 1000 },
  );
});
