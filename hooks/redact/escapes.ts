/**
 * Other spellings of a text, in which a secret would not be found: escapes of JSON, of code and of addresses, in up to
 * four layers, and base64. `hooks/native/spellings.h` does the same.
 */
export type Spelling = {
  text: string;
  /** Maps an offset of `text` to the text from which it was decoded. */
  at(place: number): number;
};

const ESCAPE = /\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[nrtbf"'/\\])|%[0-9a-fA-F]{2}/g;
const SHORT: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };

/** Undefined if nothing is escaped. */
export function unescaped(text: string): Spelling | undefined {
  if (!text.includes("\\") && !text.includes("%")) return undefined;
  const places: number[] = [0];
  const sources: number[] = [0];
  let out = "";
  let end = 0;
  ESCAPE.lastIndex = 0;
  for (let match = ESCAPE.exec(text); match; match = ESCAPE.exec(text)) {
    const { 0: found, index } = match;
    out += text.slice(end, index);
    places.push(out.length, out.length + 1);
    end = index + found.length;
    sources.push(index, end);
    out += characterOf(found);
  }
  if (end === 0) return undefined;
  return { text: out + text.slice(end), at: (place) => sourceOf(place, places, sources) };
}

function characterOf(found: string): string {
  if (found[0] === "%") return String.fromCharCode(Number.parseInt(found.slice(1), 16));
  const letter = found[1]!;
  if (found.length > 2) return String.fromCharCode(Number.parseInt(found.slice(2), 16));
  return SHORT[letter] ?? letter;
}

/** In the last stretch that begins at or before the place. */
function sourceOf(place: number, places: number[], sources: number[]): number {
  let low = 0;
  let high = places.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (places[middle]! <= place) low = middle;
    else high = middle - 1;
  }
  return sources[low]! + place - places[low]!;
}

/** Fewer characters of base64 cannot contain a secret. */
const BASE64_CHARS = 24;
const VALUES = new Int8Array(128).fill(-1);
for (const [value, letter] of [
  ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
].entries())
  VALUES[letter.charCodeAt(0)] = value;
VALUES["-".charCodeAt(0)] = 62;
VALUES["_".charCodeAt(0)] = 63;

export type Encoded = { start: number; end: number; text: string };

/** Runs of base64 that are text; line breaks after 64 or 76 characters are of the run. */
export function base64Texts(text: string): Encoded[] {
  const found: Encoded[] = [];
  // `last` is where a run that is long enough would have its last letter, if it began behind `before`.
  let before = -1;
  for (let last = BASE64_CHARS - 1; last < text.length; last = before + BASE64_CHARS) {
    let other = last;
    while (other > before && valueAt(text, other) >= 0) other--;
    if (other > before) {
      before = other;
      continue;
    }
    const start = before + 1;
    before = runEnd(text, start);
    if (!isText(text, start)) continue;
    const decoded = Buffer.from(text.slice(start, before), "base64").toString("latin1");
    found.push({ start, end: before, text: decoded });
  }
  return found;
}

const valueAt = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return code < 128 ? VALUES[code]! : -1;
};

function runEnd(text: string, start: number): number {
  let at = start;
  for (let line = start; ; line = at) {
    while (at < text.length && valueAt(text, at) >= 0) at++;
    const isWrapped = (at - line === 64 || at - line === 76) && text[at] === "\n";
    if (!isWrapped || valueAt(text, at + 1) < 0) return at;
    at++;
  }
}

/** The first 15 bytes are printable: this excludes pictures, hashes and paths. */
function isText(text: string, start: number): boolean {
  for (let at = start; at < start + 20; at += 4) {
    const bits =
      (valueAt(text, at) << 18) |
      (valueAt(text, at + 1) << 12) |
      (valueAt(text, at + 2) << 6) |
      valueAt(text, at + 3);
    for (const byte of [bits >> 16, (bits >> 8) & 255, bits & 255])
      if (byte !== 9 && byte !== 10 && byte !== 13 && (byte < 32 || byte > 126)) return false;
  }
  return true;
}
