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
  { path: "hooks/native/spool.h", word: /^somebody$/ }, // its hash is that of the committed carriers
  { path: "test/e2e/real.ts", word: /^tool_uses_asked$/ }, // a field of the client's report
  { path: "test/e2e/real-clients.test.ts", word: /^tool_uses_asked$/ },
];
/** In names only: prose may ask. Claude Code's own tool keeps its name. */
const NAME_WORDS = ["ask", "asks", "asked", "asking"];
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
    const isName = isCode && parts.length > 1 && name !== TOOL && parts.some((p) => NAME_WORDS.includes(p));
    return isName ? [{ name, write: "request, query, poll" }] : [];
  });
}

/** Rooms where `words` was renamed; in the others it is still a name. */
const WORDS_RENAMED = /^(?:schema|cli)\//;

/** A name of one word counts where it is declared: in a comment the same word is prose. */
export function declaredIn(text: string, path = ""): Hit[] {
  const declared = [...text.matchAll(/\b(?:const|let|function|type|class) (asks?|asked|asking)\b/gi)];
  const words = WORDS_RENAMED.test(path) ? [...text.matchAll(/\b(?:const|let|function) (words)\b/g)] : [];
  return [
    ...declared.map(([, name = ""]) => ({ name, write: "request, query, poll" })),
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
      [...hitsIn(line, isCode), ...(isCode ? declaredIn(line, path) : [])]
        .filter(({ name }) => !ALLOWED.some((a) => a.path === path && a.word.test(name)))
        .map(({ name, write }) => `${path}:${i + 1} ${name} (write: ${write})`),
    );
}

export const findingsInCode = () => files(CODE).flatMap(hitsOf);
export const findingsInDocuments = () => files(DOCUMENTS).flatMap(hitsOf);
