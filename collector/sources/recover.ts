import { parseJson } from "../../schema/text.ts";
import { utf8 } from "../text.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NUL = 0;
/** Characters that may be between two records without loss: blanks, list punctuation, a byte order mark. */
const HARMLESS = new Set([0x20, 0x09, 0x0d, 0x0a, 0x2c, 0x5b, 0x5d, 0xef, 0xbb, 0xbf]);
/** A line of opening braces must not take forever. */
const MOST_BYTES_SEARCHED = 64 * 1024 * 1024;

/** Counted with the kinds of lines: complete records that were found beside damage. */
export const RECOVERED = "recovered";

export type Recovered = {
  /** The complete records, by their offsets in the given bytes. */
  records: { start: number; end: number }[];
  /** Everything else, if it is more than blanks. */
  lost: { start: number; bytes: number; is_nul: boolean } | undefined;
};

/**
 * The complete records of a line that is not JSON: a crash left a run of NUL or half a record, and the client continued
 * after it without a newline, or two writers collided. An object inside a torn record is not a record: `isRecord`
 * distinguishes them.
 */
export function recoverRecords(
  bytes: Buffer,
  start: number,
  end: number,
  isRecord: (value: Record<string, unknown>) => boolean,
): Recovered {
  const records: Recovered["records"] = [];
  let budget = MOST_BYTES_SEARCHED;
  let at = bytes.indexOf(OPEN_BRACE, start);
  while (at >= 0 && at < end && budget > 0) {
    const close = endOfObject(bytes, at, end);
    budget -= (close < 0 ? end : close) - at;
    const value = close < 0 ? undefined : parse(bytes, at, close);
    if (value && isRecord(value)) records.push({ start: at, end: close });
    at = bytes.indexOf(OPEN_BRACE, value ? close : at + 1);
  }
  return { records, lost: lostOf(bytes, start, end, records) };
}

/** Whether a line is a list of records, as some exporters write them. */
export function hasRecord(value: unknown, isRecord: (value: Record<string, unknown>) => boolean): boolean {
  return (
    Array.isArray(value) &&
    value.some((one) => typeof one === "object" && one !== null && isRecord(one as Record<string, unknown>))
  );
}

/** Offset after the brace that closes the one at `at`; -1 if none does. */
export function endOfObject(bytes: Buffer, at: number, end: number): number {
  let depth = 0;
  let inText = false;
  for (let i = at; i < end; i++) {
    const byte = bytes[i];
    if (inText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inText = false;
      // A text has no control characters: a torn one ends here, and its record with it.
      else if (byte === NUL) return -1;
    } else if (byte === QUOTE) inText = true;
    else if (byte === OPEN_BRACE) depth++;
    else if (byte === CLOSE_BRACE && --depth === 0) return i + 1;
  }
  return -1;
}

function parse(bytes: Buffer, start: number, end: number): Record<string, unknown> | undefined {
  try {
    return parseJson(utf8(bytes, start, end)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function lostOf(bytes: Buffer, start: number, end: number, records: Recovered["records"]): Recovered["lost"] {
  let lost: Recovered["lost"];
  let from = start;
  for (const { start: until, end: next } of [...records, { start: end, end }]) {
    let first = from;
    while (first < until && HARMLESS.has(bytes[first]!)) first++;
    let last = until - 1;
    while (last > first && HARMLESS.has(bytes[last]!)) last--;
    if (first < until) {
      lost ??= { start: first, bytes: 0, is_nul: true };
      lost.bytes += last + 1 - first;
      for (let i = first; i <= last && lost.is_nul; i++) lost.is_nul = bytes[i] === NUL;
    }
    from = next;
  }
  return lost;
}
