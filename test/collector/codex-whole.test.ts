import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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
  const { limits: _, limits_unix_ms: __, ...state } = JSON.parse(parser.state());
  const rejects = into.rejects.map((r) => ({ ...r, length_bytes: 0, detail: "" }));
  // A line that repeats the limits of the one before it is only passed over by its head.
  const limits = new Set([...samplesOf(into.limits)].map(limitOf));
  return { ...into, state, rejects, limits, credits: [], ignored: {} };
}

const limitOf = (s: { window: string; used_percent: number }) => `${s.window} ${s.used_percent}`;

test("a rollout gives the same whether its lines are judged by their heads or read whole: every recorded one", () => {
  let files = 0;
  for (const entry of readdirSync(FIXTURES, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/^rollout-.*\.jsonl$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
    // With a key in front that nobody reads a line has no head that is known.
    const whole = lines.map((line) => line.replace("{", '{"zz":0,'));
    expect(read(path, lines)).toEqual(read(path, whole));
    files++;
  }
  expect(files).toBeGreaterThan(20);
});
