import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const GLOSSARY = "docs/glossary.md";
const ROOMS = ["schema", "hooks", "store", "collector", "viewer", "cli", "scripts", "test"];
const CODE = [`{${ROOMS.join(",")}}/**/*.{ts,tsx,as,c,h,sh,css,html}`];
const DOCUMENTS = [
  "{*.md,manifest.jsonl,test/bench/*.md}",
  "{docs,prompts,spec,code,commands,deploy}/**/*.{md,yml,yaml}",
];
/** What is not ours to rename, with its reason. */
const ALLOWED = [
  { path: GLOSSARY, word: /.*/ }, // lists the words
  { path: "test/repo/words.test.ts", word: /.*/ }, // plants them
  { path: "test/repo/words.ts", word: /.*/ }, // this list
  { path: "store/alerts.ts", word: /^alerts_told_$/ }, // a key in databases of users
  { path: "store/migrations-archive.ts", word: /^(?:say|said)$/ }, // the SQL of a step that has run
  { path: "hooks/native/mode.h", word: /^look_in$/ }, // its hash is that of the committed carriers
  { path: "hooks/native/spool.h", word: /^somebody$/ }, // its hash is that of the committed carriers
  { path: "store/plans/store.ts", word: /^plans_looked_unix_ms$/ }, // a key in databases of users
  { path: "test/e2e/session-world.ts", word: /^look at$/ }, // what a sub-agent was given to do
  { path: "test/e2e/page-session.test.ts", word: /^look at$/ },
  { path: "test/e2e/real.ts", word: /^tool_uses_asked$/ }, // a field of the client's report
  { path: "test/e2e/real-clients.test.ts", word: /^tool_uses_asked$/ },
];
/** In names only: prose may ask. Claude Code's own tool keeps its name. */
const NAME_WORDS = new Map([
  ...["ask", "asks", "asked", "asking"].map((word) => [word, "request, query, poll"] as const),
  ...["look", "looks", "looked", "looking"].map((word) => [word, "scan, poll, check, read, search"] as const),
]);
/** In prose a thing may look like another or be looked up; a check, a scan or a read has its own word. */
const LOOK =
  /\b(?:look(?:s|ed|ing)? (?:at|into|after|over)|(?:an?|the|one|each|every|next|last|first|two|no) looks?)\b/gi;
const TOOL = "AskUserQuestion";

const glossary = readFileSync(join(ROOT, GLOSSARY), "utf8");
export const rowsOf = (heading: string) =>
  [...(glossary.split(`## ${heading}`)[1]?.split("\n## ")[0] ?? "").matchAll(/^\| (.+?) \| (.+) \|$/gm)]
    .map(([, left = "", right = ""]) => [left, right] as const)
    .slice(1);
export const AVOID = new Map(
  rowsOf("Words to avoid").flatMap(([words, write]) => words.split(", ").map((w) => [w, write])),
);

type Hit = { name: string; write: string };

/** Each name or word of a text that holds a word to avoid, with what to write for it. */
export function hitsIn(text: string, isCode: boolean): Hit[] {
  return [...text.matchAll(/[A-Za-z_]\w*/g)].flatMap(([name]) => {
    const parts = name
      .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
      .toLowerCase()
      .split("_");
    const word = parts.find((part) => AVOID.has(part));
    if (word !== undefined) return [{ name, write: AVOID.get(word) ?? "" }];
    const part =
      isCode && parts.length > 1 && name !== TOOL ? parts.find((p) => NAME_WORDS.has(p)) : undefined;
    return part === undefined ? [] : [{ name, write: NAME_WORDS.get(part) ?? "" }];
  });
}

/** Prose that calls a check a look, or a fix a way out. */
export const looksIn = (text: string): Hit[] => [
  ...[...text.matchAll(LOOK)].map(([name]) => ({ name, write: "scan, poll, check, read, search" })),
  ...[...text.matchAll(/\bway out\b/gi)].map(([name]) => ({
    name,
    write: "fix, hint",
  })),
];

/** Rooms where `words` was renamed; in the others it is still a name. */
const WORDS_RENAMED = /^(?:schema|cli)\//;

/** A name of one word counts where it is declared: in a comment the same word is prose. */
export function declaredIn(text: string, path = ""): Hit[] {
  const declared = [
    ...text.matchAll(/\b(?:const|let|function|type|class) (ask(?:s|ed|ing)?|look(?:s|ed|ing)?)\b/gi),
  ];
  const words = WORDS_RENAMED.test(path) ? [...text.matchAll(/\b(?:const|let|function) (words)\b/g)] : [];
  return [
    ...declared.map(([, name = ""]) => ({ name, write: NAME_WORDS.get(name.toLowerCase()) ?? "" })),
    ...words.map(([, name = ""]) => ({ name, write: "text, list, args, label" })),
  ];
}

export function files(patterns: string[]): string[] {
  const found = patterns
    .flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: ROOT })])
    .map((path) => path.replaceAll("\\", "/"));
  return found.filter((path) => !path.startsWith("test/fixtures/") && !path.includes("node_modules/")).sort();
}

function hitsOf(path: string): string[] {
  const isCode = !/\.(?:md|ya?ml|jsonl)$/.test(path);
  return readFileSync(join(ROOT, path), "utf8")
    .split("\n")
    .flatMap((line, i) =>
      [...hitsIn(line, isCode), ...looksIn(line), ...(isCode ? declaredIn(line, path) : [])]
        .filter(({ name }) => !ALLOWED.some((a) => a.path === path && a.word.test(name)))
        .map(({ name, write }) => `${path}:${i + 1} ${name} (write: ${write})`),
    );
}

export const findingsInCode = () => files(CODE).flatMap(hitsOf);
export const findingsInDocuments = () => files(DOCUMENTS).flatMap(hitsOf);
