import { rules } from "@secretlint/secretlint-rule-preset-recommend";
import { headFinder } from "./heads.ts";
import { EMAIL, isPlaceholder, LIBRARY_HEADS, PATTERNS, type Pattern } from "./patterns.ts";

export type Redaction = { emails: boolean };

const headsIn = headFinder([...PATTERNS.map(({ heads }) => heads), LIBRARY_HEADS]);
const LIBRARY = PATTERNS.length;
/** Shorter than any secret without a head. */
const HEADLESS_CHARS = 40;
const HEADLESS = PATTERNS.filter(({ heads }) => heads.length === 0);

type Range = { start: number; end: number; kind: string };

/** The text with every secret covered by its kind: `[redacted:github_token]`. The same object where there is none. */
export function redactText(text: string, { emails }: Redaction): string {
  const found = headsIn(text);
  const ranges = text.length < HEADLESS_CHARS ? [] : byPattern(text, HEADLESS);
  for (const group of [...found].sort((a, b) => a - b))
    ranges.push(...(group === LIBRARY ? byLibrary(text) : byPattern(text, [PATTERNS[group]!])));
  if (emails && text.includes("@")) ranges.push(...byPattern(text, [EMAIL]));
  return ranges.length === 0 ? text : cover(text, ranges);
}

function byPattern(text: string, patterns: readonly Pattern[]): Range[] {
  const found: Range[] = [];
  for (const { kind, pattern, value } of patterns) {
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      const secret = value === undefined ? match[0] : value < 0 ? match.slice(1).find(Boolean) : match[value];
      if (!secret) {
        if (match[0] === "") pattern.lastIndex++;
        continue;
      }
      if (value !== undefined && isPlaceholder(secret)) continue;
      // What follows the name is the secret, so the last place of it in the match is the one.
      const start = value === undefined ? match.index : match.index + match[0].lastIndexOf(secret);
      found.push({ start, end: start + secret.length, kind });
    }
  }
  return found;
}

/** One text in the form that the library's rules read. */
type RuleInput = Parameters<ReturnType<(typeof rules)[number]["create"]>["file"] & object>[0];

const library = rules
  .filter((rule) => rule.meta.id !== "@secretlint/secretlint-rule-filter-comments")
  .map((rule) => {
    const kind = rule.meta.id.replace("@secretlint/secretlint-rule-", "").replaceAll("-", "_");
    let ranges: Range[] = [];
    const context = {
      createTranslator: () => () => ({ message: "", messageId: "" }),
      report: ({ range: [start, end] }: { range: readonly [number, number] }) =>
        ranges.push({ start, end, kind }),
      ignore: () => {},
    };
    // The rules look at a text at once; what the library itself adds is reading files and reporting lines.
    const file = rule.create(context as never, {}).file;
    return (source: RuleInput): Range[] => {
      ranges = [];
      file?.(source);
      return ranges;
    };
  });

function byLibrary(content: string): Range[] {
  const source = { content, filePath: "text", ext: "", contentType: "text" } as unknown as RuleInput;
  return library.flatMap((find) => find(source));
}

/** Overlapping finds become one cover, named after the first. */
function cover(text: string, ranges: Range[]): string {
  ranges.sort((a, b) => a.start - b.start || b.end - a.end);
  let out = "";
  let at = 0;
  for (const { start, end, kind } of ranges) {
    if (start >= at) out += `${text.slice(at, start)}[redacted:${kind}]`;
    at = Math.max(at, end);
  }
  return out + text.slice(at);
}
