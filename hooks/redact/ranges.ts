import { base64Texts, unescaped } from "./escapes.ts";
import { headFinder } from "./heads.ts";
import { EMAIL, isPlaceholder, PATTERNS, type Pattern } from "./patterns.ts";

export type Redaction = { emails: boolean };
/** A part of a text to redact, and its kind. */
export type Range = { start: number; end: number; kind: string };
/**
 * Further rules, run on what the others leave where one of their heads is in a text: so the result is the same whether
 * the others were applied before or not.
 */
export type MoreRules = { heads: readonly string[]; find(text: string): Range[] };
export type RedactText = (text: string, how: Redaction) => string;

/** Shorter than any secret without a head. */
const HEADLESS_CHARS = 40;
const HEADLESS = PATTERNS.flatMap(({ heads }, group) => (heads.length === 0 ? [group] : []));
/** JSON in JSON in JSON; deeper was never seen. */
const LAYERS = 4;

/**
 * Covers every secret of a text by its kind: `[redacted:github_token]`. A text without one is returned as the same
 * object; redacting again changes nothing.
 */
export function createRedactor(more?: MoreRules): RedactText {
  const headsIn = headFinder([...PATTERNS.map(({ heads }) => heads), ...(more ? [more.heads] : [])]);

  function asSpelled(text: string, emails: boolean, found = headsIn(text)): Range[] {
    const ranges: Range[] = [];
    const groups = [...found, ...(text.length < HEADLESS_CHARS ? [] : HEADLESS)];
    for (const group of groups.sort((a, b) => a - b))
      ranges.push(...byPattern(text, PATTERNS.slice(group, group + 1)));
    if (emails && text.includes("@")) ranges.push(...byPattern(text, [EMAIL]));
    return ranges;
  }

  function inBase64(text: string, emails: boolean): Range[] {
    return base64Texts(text)
      .filter(({ text: inner }) => asSpelled(inner, emails).length > 0)
      .map(({ start, end }) => ({ start, end, kind: "encoded_secret" }));
  }

  return (text, { emails }) => {
    const found = headsIn(text);
    const ranges = [...asSpelled(text, emails, found), ...inBase64(text, emails)];
    let toSource = (place: number) => place;
    let spelled = text;
    for (let layer = 0; layer < LAYERS; layer++) {
      const next = unescaped(spelled);
      if (!next) break;
      const outer = toSource;
      toSource = (place) => outer(next.at(place));
      spelled = next.text;
      for (const { start, end, kind } of [...asSpelled(spelled, emails), ...inBase64(spelled, emails)])
        ranges.push({ start: toSource(start), end: toSource(end), kind });
    }
    const covered = cover(text, ranges);
    return more && found.has(PATTERNS.length) ? cover(covered, more.find(covered)) : covered;
  };
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
      // The secret follows the name, so its last occurrence in the match counts.
      const start = value === undefined ? match.index : match.index + match[0].lastIndexOf(secret);
      found.push({ start, end: start + secret.length, kind });
    }
  }
  return found;
}

/** Overlapping matches become one redaction, named after the first. */
function cover(text: string, ranges: Range[]): string {
  if (ranges.length === 0) return text;
  ranges.sort((a, b) => a.start - b.start || b.end - a.end);
  let out = "";
  let at = 0;
  for (const { start, end, kind } of ranges) {
    if (start >= at) out += `${text.slice(at, start)}[redacted:${kind}]`;
    at = Math.max(at, end);
  }
  return out + text.slice(at);
}
