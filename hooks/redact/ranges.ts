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
/** For trying a pattern at one place of a text. */
const STICKY = PATTERNS.map(({ pattern }) => new RegExp(pattern.source, pattern.flags.replace("g", "y")));
/** JSON in JSON in JSON; deeper was never seen. */
const LAYERS = 4;

/**
 * Covers every secret of a text by its kind: `[redacted:github_token]`. A text without one is returned as the same
 * object; redacting again changes nothing.
 */
export function createRedactor(more?: MoreRules): RedactText {
  const headsIn = headFinder([...PATTERNS.map(({ heads }) => heads), ...(more ? [more.heads] : [])]);
  const isPattern = (group: number) => group < PATTERNS.length;

  function asSpelled(text: string, emails: boolean, found = headsIn(text)): Range[] {
    const ranges: Range[] = [];
    const groups = [...found.keys(), ...(text.length < HEADLESS_CHARS ? [] : HEADLESS)];
    for (const group of groups.filter(isPattern).sort((a, b) => a - b)) {
      const places = found.get(group);
      if (places) addAtPlaces(ranges, text, group, places);
      else addMatches(ranges, text, PATTERNS[group]!);
    }
    if (emails && text.includes("@")) addMatches(ranges, text, EMAIL);
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

function addMatches(ranges: Range[], text: string, pattern: Pattern): void {
  const { pattern: search } = pattern;
  search.lastIndex = 0;
  for (let match = search.exec(text); match; match = search.exec(text)) {
    if (match[0] === "") search.lastIndex++;
    else addSecret(ranges, pattern, match);
  }
}

/** The same where the heads are known: a match begins at most `back` characters before one. */
function addAtPlaces(ranges: Range[], text: string, group: number, places: readonly number[]): void {
  const pattern = PATTERNS[group]!;
  const search = STICKY[group]!;
  let next = 0;
  for (const place of places)
    for (let at = Math.max(next, place - pattern.back); at <= place; at++) {
      next = at + 1;
      search.lastIndex = at;
      const match = search.exec(text);
      if (!match) continue;
      addSecret(ranges, pattern, match);
      next = at + match[0].length;
      break;
    }
}

function addSecret(ranges: Range[], { kind, value }: Pattern, match: RegExpExecArray): void {
  const secret = value === undefined ? match[0] : value < 0 ? match.slice(1).find(Boolean) : match[value];
  if (!secret || (value !== undefined && isPlaceholder(secret))) return;
  // The secret follows the name, so its last occurrence in the match counts.
  const start = value === undefined ? match.index : match.index + match[0].lastIndexOf(secret);
  ranges.push({ start, end: start + secret.length, kind });
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
