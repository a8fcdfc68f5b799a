const LONGEST_ID = 200;
const KEPT_CHARS = 150;
/** An escape of half a character, as in a text that was cut in the middle of an emoji. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/**
 * JSON with valid UTF-8 in all its texts: half a character, which no store and no other program accepts, becomes
 * U+FFFD.
 */
export function parseJson(text: string): unknown {
  // The plain search is three times as fast as the pattern, and mostly finds nothing.
  return text.includes("\\u") && SURROGATE_ESCAPE.test(text)
    ? JSON.parse(text, wellFormed)
    : JSON.parse(text);
}

function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed() : value;
}

/** At most this many characters; a surrogate pair at the cut is omitted. */
export function cutText(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const cut = text.slice(0, chars);
  return cut.isWellFormed() ? cut : cut.slice(0, -1).toWellFormed();
}

/**
 * An id as it is. One that is too long keeps its beginning and a digest of the whole, so that different ids stay
 * different.
 */
export function toId(text: string): string {
  if (text.length <= LONGEST_ID) return text;
  const digest = new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 16);
  return `${cutText(text, KEPT_CHARS)}~${digest}`;
}

/** Invisible characters that change the direction of text or control a terminal. */
const CONTROLS = /(?![\t\n\r])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
/** JSON itself escapes C0; other characters that control a terminal or mislead a reader are escaped here. */
export const escapeAfterJson = (json: string): string =>
  json.replace(AFTER_JSON, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
const AFTER_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Right-to-left letters. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** An untrusted text for one line of the page, the tab or a terminal. */
export const withoutControls = (text: string): string => text.replace(CONTROLS, "");

/** Text as the page shows it: without control characters, except the two that `isolated` adds around a part. */
export const shownText = (text: string): string =>
  text.replace(CONTROLS, (c) => (c === "\u2068" || c === "\u2069" ? c : ""));

/** A part of a line that does not change the order of its neighbours; only right-to-left text needs that. */
export const isolated = (text: string): string => (RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text);

const LONGEST_LIST = 300;
const LONGEST_NAME = 60;

/**
 * `a, b and 3 more`, up to about this many characters: a gateway that names every deployment has thousands of models,
 * and the line must stay readable.
 */
export function listed(names: readonly string[], most = LONGEST_LIST): string {
  let line = "";
  for (const [i, name] of names.entries()) {
    const short = name.length > LONGEST_NAME ? `${cutText(name, LONGEST_NAME)}…` : name;
    if (i > 0 && line.length + short.length > most) return `${line} and ${names.length - i} more`;
    line += i === 0 ? cutName(short, most) : `, ${short}`;
  }
  return line;
}

function cutName(name: string, most: number): string {
  return name.length > most ? `${cutText(name, most)}…` : name;
}

/** Hooks compared with the transcript, as text. */
export function hooksText({ events, missing }: { events: number; missing: number }): string {
  return `${missing === 0 ? "complete" : `${missing} missing`} (${events} recorded)`;
}
