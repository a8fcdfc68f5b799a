import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TINTS, VENDOR_NAMES, VENDORS } from "../../schema/vendors.ts";

import { withoutComments } from "./source-text.ts";

const ROOT = join(import.meta.dir, "../..");
/** `claude-opus-5` and `gpt-5-codex` are models, and an import names a folder. */
const MODEL = /claude-(?![a-z]*[_.])|(?<![a-z])-codex\b/g;
const IMPORT = /^(?:import|export) [^;]*? from "[^"]*";$|\bimport\("[^"]*"\)/gm;
const NAME = new RegExp(VENDOR_NAMES.join("|"), "i");

/** In code and in texts: strings, JSX, keys, parts of a name. */
function namesAgent(text: string): boolean {
  return NAME.test(withoutComments(text).replace(IMPORT, "").replace(MODEL, ""));
}

test("V1 a name of an agent is found wherever it is planted, and a model's name is none", () => {
  const planted = [
    'source === "codex"',
    "startsWith('claude:')",
    "`codex:${" + "id}`",
    "/^(claude|codex):/",
    ".source.is-codex {",
    "<b>Claude Code, live</b>",
    'what: "hooks of Codex"',
    "config.roots.claude",
    "const claudeRoots = 1",
    "claude_status_path: 1",
    "<code>~/.claude/projects</code>",
  ];
  for (const text of planted) expect([text, namesAgent(text)]).toEqual([text, true]);
  for (const text of [
    '"claude-opus-5"',
    "// as codex does",
    "/* 'claude' */",
    '"gpt-5-codex"',
    'import { a } from "../sources/claude/usage.ts";',
  ])
    expect([text, namesAgent(text)]).toEqual([text, false]);
});

/** What an agent alone has: its folder, and where the compiler wants a value for each agent. */
const OF_AGENTS = new RegExp(
  `^collector/(?:sources/(?:${VENDOR_NAMES.join("|")})/|(?:\\w+/vendors|sources/roots)\\.ts$)`,
);
const MAY_NAME = {
  "store/migrations.ts": "steps of the schema never change",
  "collector/import/": "the fast path of a history is one folder, so that it can be left out as a whole",
  "collector/limits/settings.ts": "keys of config.json",
  "cli/install/": "writes each agent's own files",
  "cli/doctor/": "checks each agent's own files",
  "cli/commands/install.ts": "its options name what is written",
  "cli/commands/uninstall.ts": "its options name what is written",
  "cli/commands/doctor.ts": "names of checks",
  "cli/commands/statusline.ts": "a client with a status line: what to put into its settings",
  "cli/commands/mcp.ts": "a client of MCP: how it is registered",
  "cli/effective-settings.ts": "keys of config.json",
};

test("V1 store, viewer, collector and cli name no agent outside its folder", () => {
  const files = ["store", "viewer", "collector", "cli"].flatMap((room) =>
    [...new Bun.Glob("**/*.{ts,tsx,css}").scanSync({ cwd: join(ROOT, room) })].map(
      (path) => `${room}/${path}`,
    ),
  );
  const naming = files.filter((file) => namesAgent(readFileSync(join(ROOT, file), "utf8")));
  const mayName = (file: string) =>
    OF_AGENTS.test(file) || Object.keys(MAY_NAME).some((own) => file.startsWith(own));
  expect(files.length).toBeGreaterThan(100);
  expect(naming.filter((file) => !mayName(file))).toEqual([]);
  // A file that names none any more leaves the list.
  expect(Object.keys(MAY_NAME).filter((own) => !naming.some((file) => file.startsWith(own)))).toEqual([]);
});

test("V1 each agent has a colour of its own, and each colour has its rule on the page", () => {
  const styles = readFileSync(join(ROOT, "viewer/ui/styles/lists.css"), "utf8");
  // The first is the colour of every badge.
  for (const tint of TINTS.slice(1))
    expect([tint, styles.includes(`.badge.is-${tint} {`)]).toEqual([tint, true]);
  const used = VENDOR_NAMES.map((name) => VENDORS[name].tint);
  expect(new Set(used).size).toBe(used.length);
});
