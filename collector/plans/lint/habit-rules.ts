import type { PlanDocuments } from "./documents.ts";
import type { Finding } from "./finding.ts";
import { intent } from "./graph-rules.ts";
import { finding } from "./shape-rules.ts";

const ABSOLUTE =
  /(?:^|[\s"'`=(])((?:[A-Za-z]:[\\/]|\/(?:home|Users|root|mnt|tmp|opt|var|work|srv)\/)[^\s"'`)]*)/;

/** PL011: a path of the author's machine. */
export function pathFindings({ manifest_path: path, features }: PlanDocuments): Finding[] {
  return features.flatMap(({ line, feature }) =>
    [feature.file, ...feature.code_refs, feature.verification].flatMap((text) => {
      const found = ABSOLUTE.exec(text)?.[1];
      return found === undefined
        ? []
        : [
            finding(
              "PL011",
              { path, line },
              `${feature.id} names ${found}`,
              "name it relative to the repository",
            ),
          ];
    }),
  );
}

/** Commands that read a file or check types, and run none of it. */
const IDLE = [
  /^(?:npx |bunx |pnpm (?:exec )?|yarn )?tsc\b/,
  /^(?:npm|pnpm|yarn|bun)(?: run)? (?:type-?check|types|tsc|lint|check)\b/,
  /^(?:npx |bunx )?(?:eslint|biome|prettier)\b/,
  /^(?:ls|cat|head|tail|wc|stat|find|tree|echo|true|test|\[|grep|rg|jq|file|cd|pwd|mkdir)\b/,
];

function isIdle(command: string): boolean {
  return IDLE.some((idle) => idle.test(command) || (command.startsWith("[") && idle.test("[")));
}

/** PL012: type checks, listings and text searches pass for code that was never run. */
export function verificationFindings({ manifest_path: path, features }: PlanDocuments): Finding[] {
  return features.flatMap(({ line, feature }) => {
    const commands = feature.verification
      .split(/&&|\|\||;|\||\n/)
      .map((c) => c.trim().replace(/^(?:! |\w+=\S+ )+/, ""))
      .filter((c) => c !== "");
    if (commands.length > 0 && !commands.every(isIdle)) return [];
    const what =
      commands.length === 0 ? "is empty" : `only checks types or reads files: ${feature.verification}`;
    return [
      finding(
        "PL012",
        { path, line },
        `the verification of ${feature.id} ${what}`,
        "name a test that runs the feature",
      ),
    ];
  });
}

const WATCHES = /\bwatch(?:es|ing|er)?\b|\binotify\b|\bchokidar\b/i;

/**
 * PL013: code that watches files must handle missed changes, deleted files and renames, so at least one edge case is
 * documented.
 */
export function watchFindings(documents: PlanDocuments): Finding[] {
  const { manifest_path: path, features, decisions } = documents;
  return features.flatMap(({ line, feature }) => {
    if (feature.edge_cases.length > 0) return [];
    const titles = feature.decisions.map((id) => decisions.get(id)?.split("\n")[0] ?? "");
    const about = [feature.description, intent(documents.read(feature.file)), ...titles];
    if (!about.some((text) => WATCHES.test(text))) return [];
    return [
      finding(
        "PL013",
        { path, line },
        `${feature.id} watches files and has no edge case`,
        "describe what happens when the watcher misses a change, or a file is deleted or renamed",
      ),
    ];
  });
}

const CITED = /\b(D\d{3,})\b\**\s*(?:[:=—–-]|\()\s*([^|;.()\n]{4,120})/g;
const EMPTY_WORDS = new Set(
  "the and for with from that this into onto not are was has have its their use uses only all one two each".split(
    " ",
  ),
);

function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  return new Set(words.filter((w) => !EMPTY_WORDS.has(w)).map((w) => w.replace(/(?:ing|ed|s|ment)$/, "")));
}

const shared = (a: Set<string>, b: Set<string>) => [...a].filter((w) => b.has(w)).length;

/**
 * PL016: a document describes a decision with the title of another one: the numbers changed and it was not corrected.
 */
export function staleDecisionFindings({ documents, decisions }: PlanDocuments): Finding[] {
  const titles = [...decisions].map(([id, text]) => ({ id, words: wordsOf(text.split("\n")[0] ?? "") }));
  return documents
    .filter(({ path }) => path !== "decisions.md")
    .flatMap(({ path, text }) =>
      text.split("\n").flatMap((row, i) =>
        [...row.matchAll(CITED)].flatMap(([, id = "", gloss = ""]) => {
          const words = wordsOf(gloss);
          const own = titles.find((t) => t.id === id);
          if (!own || shared(words, own.words) > 0) return [];
          const meant = titles
            .map((t) => ({ ...t, same: shared(words, t.words) }))
            .filter((t) => t.same >= Math.min(2, words.size))
            .sort((a, b) => b.same - a.same)[0];
          if (!meant) return [];
          return [
            finding(
              "PL016",
              { path, line: i + 1 },
              `${id} is cited as "${gloss.trim()}", which is ${meant.id}`,
              `write ${meant.id}`,
            ),
          ];
        }),
      ),
    );
}
