import { bytesOf, Clock, has } from "../../bytes.ts";
import { ascii } from "../../text.ts";

/**
 * What the first bytes of a line say about it. Codex writes its keys in one fixed order, so most lines can be
 * judged without decoding them; a line that does not begin as expected has no head and is parsed as JSON.
 */
export type Head = { time_unix_ms: number; ordinal: number; kind: string; ends_well: boolean };

const TIMESTAMP = bytesOf('{"timestamp":"');
const TIME_BYTES = 24;
const AFTER_TIME = bytesOf('",');
const ORDINAL = bytesOf('"ordinal":');
const TYPE = bytesOf('"type":"');
const PAYLOAD = bytesOf('","payload":{');
const ITEM = bytesOf('"item":{"type":"');
const ITEM_BYTES = 480;
const MOST_DIGITS = 15;
const LONGEST_KIND = 120;
const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;

const clock = new Clock();

export function readHead(bytes: Buffer, start: number, end: number): Head | undefined {
  if (!has(bytes, start, TIMESTAMP)) return undefined;
  const time = start + TIMESTAMP.length;
  const time_unix_ms = clock.at(bytes, time);
  let at = time + TIME_BYTES;
  if (Number.isNaN(time_unix_ms) || !has(bytes, at, AFTER_TIME)) return undefined;
  at += AFTER_TIME.length;
  let ordinal = -1;
  if (has(bytes, at, ORDINAL)) {
    const digits = at + ORDINAL.length;
    at = digits;
    ordinal = 0;
    for (; at - digits <= MOST_DIGITS && isDigit(bytes[at]!); at++)
      ordinal = ordinal * 10 + bytes[at]! - ZERO;
    if (at === digits || at - digits > MOST_DIGITS || bytes[at] !== COMMA) return undefined;
    at++;
  }
  if (!has(bytes, at, TYPE)) return undefined;
  const type = at + TYPE.length;
  const typeEnd = endOfName(bytes, type);
  if (typeEnd < 0 || !has(bytes, typeEnd, PAYLOAD)) return undefined;
  const kind = kindAt(bytes, type, typeEnd, end);
  if (kind === "") return undefined;
  return { time_unix_ms, ordinal, kind, ends_well: bytes[end - 1] === CLOSING_BRACE };
}

function kindAt(bytes: Buffer, type: number, typeEnd: number, end: number): string {
  const payload = typeEnd + PAYLOAD.length;
  if (!has(bytes, payload, TYPE)) {
    const first = bytes[payload];
    const bare = first === QUOTE || first === CLOSING_BRACE ? kindNamed(bytes, type, typeEnd) : "";
    return bare === "event_msg" || bare === "response_item" ? "" : bare;
  }
  const subtype = payload + TYPE.length;
  const subtypeEnd = endOfName(bytes, subtype);
  if (subtypeEnd < 0) return "";
  const kind = kindNamed(bytes, type, subtypeEnd);
  return kind === "event_msg/item_completed" ? itemKind(bytes, subtypeEnd, end) : kind;
}

function itemKind(bytes: Buffer, start: number, end: number): string {
  const item = bytes.indexOf(ITEM, start);
  if (item < 0 || item >= Math.min(end, start + ITEM_BYTES)) return "";
  for (let at = start; at < item; at++)
    if (bytes[at] === OPENING_BRACE || bytes[at] === OPENING_BRACKET) return "";
  const name = item + ITEM.length;
  const nameEnd = endOfName(bytes, name);
  return nameEnd < 0 ? "" : `item/${ascii(bytes, name, nameEnd)}`;
}

/** The same few names stand in hundreds of thousands of lines: they are looked up by their bytes. */
const names = new Map<number, { bytes: Uint8Array; kind: string }>();
const MOST_NAMES = 500;
/** Of all of a name only so much goes into its hash. */
const TOLD_APART_BY = 12;

/** `bytes[start, end)` is `type`, or `type","payload":{"type":"subtype`; only some types are told apart further. */
function kindNamed(bytes: Buffer, start: number, end: number): string {
  if (end - start > LONGEST_KIND) return "";
  let hash = end - start;
  for (let at = Math.max(start, end - TOLD_APART_BY); at < end; at++)
    hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  const known = names.get(hash);
  if (known && known.bytes.length === end - start && has(bytes, start, known.bytes)) return known.kind;
  const [type = "", subtype] = ascii(bytes, start, end).split('","payload":{"type":"');
  const kind =
    subtype !== undefined && (type === "event_msg" || type === "response_item") ? `${type}/${subtype}` : type;
  if (names.size >= MOST_NAMES) names.clear();
  names.set(hash, { bytes: Uint8Array.from(bytes.subarray(start, end)), kind });
  return kind;
}

/** Where the quote stands behind a name of letters and underscores; -1 if it is none. */
function endOfName(bytes: Buffer, start: number): number {
  for (let at = start; at < start + LONGEST_KIND; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at > start ? at : -1;
    const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
    if (!isLetter && byte !== 0x5f) return -1;
  }
  return -1;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
