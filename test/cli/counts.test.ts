import { afterAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run, tempHome } from "./run.ts";
import { writeTranscript } from "./transcript.ts";

const CLI = join(import.meta.dir, "../../cli");
const home = tempHome();
afterAll(() => home[Symbol.dispose]());

test("F036 one of a kind is reported in the singular, by each command that counts", async () => {
  const at = "2026-11-01T10:00:00.000Z";
  writeTranscript(home, "one", "/w/a", [{ id: "m1", at, model: "made-up-9", input: 1, output: 0 }]);
  const printed = async (...args: string[]) => {
    const { stdout, stderr } = await run(home, args);
    return `${stdout}${stderr}`;
  };
  const texts = [];
  for (const args of [["backfill"], ["verify"], ["status"], ["doctor"], ["daily"], ["session"], ["cache"]])
    texts.push(await printed(...args));
  texts.push(await printed("why", "2026-11-01"), await printed("rebuild"), await printed("export"));
  const text = texts.join("\n");
  expect(text).toContain("1 row equals its line in the archive");
  const wrong =
    /(?<![\d.,:-])1 (?:(?!ms|is|was|has)[a-z]+s|[a-z]+ (?:[a-z]+ )?(?:are|were|have|differ|equal))\b/g;
  expect("1 row equal its line, 1 rows".match(wrong)).toEqual(["1 row equal", "1 rows"]);
  expect(text.match(wrong) ?? []).toEqual([]);
});

test("F036 a number before a plural is printed by `counted`, in every command", () => {
  // `toCount(n)} rows`, `list.length} files`: for 1 they are wrong.
  const plural =
    /\$\{(?:toCount\([^{}]*\)|[^{}]*\.(?:length|size))\} (?:[a-z]+ )?(?!is\b|was\b|does\b)[a-z]+s\b/;
  const files = readdirSync(CLI, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((name) =>
    readFileSync(join(CLI, name), "utf8")
      .split("\n")
      .filter((line) => plural.test(line))
      .map((line) => `${name}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});
