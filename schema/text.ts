const LONGEST_ID = 200;
const KEPT_CHARS = 150;
/** An escape of half a character, which only a text cut through the middle of an emoji has by itself. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/** JSON with valid UTF-8 in all its texts: half a character, which no store and no other program takes, becomes U+FFFD. */
export function parseJson(text: string): unknown {
  return SURROGATE_ESCAPE.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text);
}

function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed() : value;
}

/** At most so many characters; a pair that the cut would halve is left out. */
export function cutText(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const cut = text.slice(0, chars);
  return cut.isWellFormed() ? cut : cut.slice(0, -1).toWellFormed();
}

/** An id as it is. One too long to be an id keeps its beginning and a digest of the whole, so that two stay two. */
export function toId(text: string): string {
  if (text.length <= LONGEST_ID) return text;
  const digest = new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 16);
  return `${cutText(text, KEPT_CHARS)}~${digest}`;
}

/** Characters that show nothing themselves and turn what is beside them, or steer a terminal. */
const CONTROLS = /(?![\t\n\r])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
/** JSON escapes C0 by itself; what else a terminal or an eye trips over is escaped here. */
export const escapeAfterJson = (json: string): string =>
  json.replace(AFTER_JSON, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
const AFTER_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Letters that are read from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A text of others for one line of the page, the tab or a terminal. */
export const withoutControls = (text: string): string => text.replace(CONTROLS, "");

/** As the page shows it: without controls, but for the two that `isolated` puts round a part. */
export const shownText = (text: string): string =>
  text.replace(CONTROLS, (c) => (c === "\u2068" || c === "\u2069" ? c : ""));

/** A part of a line that leaves the order of its neighbours alone; only what reads from right to left needs that. */
export const isolated = (text: string): string => (RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text);

const LONGEST_LIST = 300;
const LONGEST_NAME = 60;

/**
 * `a, b and 3 more`, about so many characters at most: a gateway that names every deployment makes thousands of
 * models, and one line has to stay one that a person reads.
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

/** Hooks against the transcript, for a person. */
export function hooksText({ events, missing }: { events: number; missing: number }): string {
  return `${missing === 0 ? "complete" : `${missing} missing`} (${events} recorded)`;
}
