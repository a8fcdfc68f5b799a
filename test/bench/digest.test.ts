import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discover } from "../../collector/discover.ts";
import { createQueue } from "../../collector/queue.ts";
import { claude } from "../../collector/sources/claude/source.ts";
import { digestFigures, orderFiles } from "./digest.ts";
import { isOver } from "./measure.ts";

test("one digest that differs is reported and misses its limit", () => {
  const way = (name: string, digest: string) => ({ name, ms: 1, digest });
  const equal = digestFigures([way("one", "aa"), way("two", "aa"), way("killed", "aa")]);
  expect(equal.at(-1)).toMatchObject({ value: 0, note: "equal" });
  expect(equal.some(isOver)).toBe(false);
  const different = digestFigures([way("one", "aa"), way("two", "bb"), way("killed", "aa")]);
  expect(different.map((f) => f.note)).toEqual(["aa", "bb", "aa", "not equal"]);
  expect(isOver(different.at(-1)!)).toBe(true);
});

test("the collector reads ordered files in their order, last file first when it is turned", () => {
  const dir = mkdtempSync(join(tmpdir(), "hall-order-"));
  mkdirSync(join(dir, "projects/-w-app"), { recursive: true });
  for (const name of ["b", "a", "d", "c"]) writeFileSync(join(dir, `projects/-w-app/${name}.jsonl`), "{}\n");
  const order = () => {
    const queue = createQueue();
    const root = { source: claude, path: join(dir, "projects") };
    for (const file of discover(root, () => {})) queue.addHistory(file);
    return Array.from({ length: 4 }, () => queue.nextHistory()?.path.at(-7));
  };
  orderFiles(dir, -1);
  expect(order()).toEqual(["a", "b", "c", "d"]);
  orderFiles(dir, 1);
  expect(order()).toEqual(["d", "c", "b", "a"]);
  rmSync(dir, { recursive: true, force: true });
});

test("a small corpus read in four ways has one digest", async () => {
  const dir = mkdtempSync(join(tmpdir(), "hall-digests-"));
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, "main.ts"), "digest", "--bytes", "4MB", "--json"],
    { env: { PATH: process.env.PATH ?? "", HALL_BENCH_DIR: dir }, stdout: "pipe", stderr: "pipe" },
  );
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  expect(stderr).toBe("");
  const { results } = JSON.parse(stdout) as { results: { digest: { name: string; note?: string }[] } };
  expect(results.digest).toHaveLength(7);
  expect(new Set(results.digest.slice(0, 5).map((f) => f.note?.slice(0, 64))).size).toBe(1);
  expect(results.digest[4]?.note).toMatch(
    /^[0-9a-f]{64}, killed with \d+ and then with (\d+) of \1 requests stored$/,
  );
  expect(results.digest[5]).toMatchObject({ value: 0, note: "equal" });
  expect(code).toBe(0);
  rmSync(dir, { recursive: true, force: true });
});
