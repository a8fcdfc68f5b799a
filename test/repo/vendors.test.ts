import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TINTS, VENDOR_NAMES, VENDORS } from "../../schema/vendors.ts";

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

/** What an agent alone has: its folder, and where the compiler wants a value for each agent. */
const OF_AGENTS = /^collector\/(?:sources\/(?:claude|codex)\/|(?:\w+\/vendors|sources\/roots)\.ts$)/;
/** Its own program, its own settings and files: install, uninstall, what doctor checks of them, keys of config.json. */
const OWN_FILES = [
  "cli/install/",
  "cli/doctor/",
  "cli/commands/doctor.ts",
  "cli/commands/install.ts",
  "cli/commands/uninstall.ts",
  "cli/source-retention.ts",
  "cli/limit-sampler.ts",
  // The fast path of a history is one folder, so that it can be left out as a whole.
  "collector/import/",
  "collector/limits/settings.ts",
  "collector/limits/sources.ts",
  "collector/limits/spool-record.ts",
];

test("V1 store, viewer, collector and cli name no agent outside its folder", () => {
  const files = ["store", "viewer", "collector", "cli"].flatMap((room) =>
    [...new Bun.Glob("**/*.{ts,tsx,css}").scanSync({ cwd: join(ROOT, room) })].map(
      (path) => `${room}/${path}`,
    ),
  );
  const naming = files.filter((file) => namesAgent(readFileSync(join(ROOT, file), "utf8")));
  const mayName = (file: string) =>
    MAY_NAME.includes(file) || OF_AGENTS.test(file) || OWN_FILES.some((own) => file.startsWith(own));
  expect(files.length).toBeGreaterThan(100);
  expect(naming.filter((file) => !mayName(file))).toEqual([]);
  // A file that names none any more leaves the list.
  expect(OWN_FILES.filter((own) => !naming.some((file) => file.startsWith(own)))).toEqual([]);
});

test("V1 each agent has a colour of its own, and each colour has its rule on the page", () => {
  const styles = readFileSync(join(ROOT, "viewer/ui/styles/lists.css"), "utf8");
  // The first is the colour of every badge.
  for (const tint of TINTS.slice(1))
    expect([tint, styles.includes(`.badge.is-${tint} {`)]).toEqual([tint, true]);
  const used = VENDOR_NAMES.map((name) => VENDORS[name].tint);
  expect(new Set(used).size).toBe(used.length);
});
