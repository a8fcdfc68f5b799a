import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VENDOR_NAMES } from "../../schema/vendors.ts";

const ROOT = join(import.meta.dir, "../..");
/** Steps of the schema never change. */
const MAY_NAME = ["store/migrations.ts"];
/** A name in a text of the program or a class of a style; `claude-opus-5` is a model's. */
const NAME = new RegExp(`(?:["'\`/|:(\\[]|is-)(?:${VENDOR_NAMES.join("|")})(?![\\w-])`);

function namesAgent(text: string): boolean {
  return NAME.test(text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[\s;{(,])\/\/[^\n]*/g, "$1"));
}

test("V1 a name of an agent is found wherever it is planted, and a model's name is none", () => {
  const planted = [
    'source === "codex"',
    "startsWith('claude:')",
    "`codex:${" + "id}`",
    "/^(claude|codex):/",
    ".source.is-codex {",
  ];
  for (const text of planted) expect([text, namesAgent(text)]).toEqual([text, true]);
  for (const text of ['"claude-opus-5"', "// as codex does", "/* 'claude' */", "~/.claude/projects"])
    expect([text, namesAgent(text)]).toEqual([text, false]);
});

test("V1 store and viewer name no agent", () => {
  const files = ["store", "viewer"].flatMap((room) =>
    [...new Bun.Glob("**/*.{ts,tsx,css}").scanSync({ cwd: join(ROOT, room) })].map(
      (path) => `${room}/${path}`,
    ),
  );
  const naming = files
    .filter((file) => !MAY_NAME.includes(file))
    .filter((file) => namesAgent(readFileSync(join(ROOT, file), "utf8")));
  expect(files.length).toBeGreaterThan(100);
  expect(naming).toEqual([]);
});
