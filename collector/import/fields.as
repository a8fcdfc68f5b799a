// Finds the wanted fields of one line of JSON in one pass over its bytes; whatever is not JSON is refused.
// Written in AssemblyScript and built by `bun run build:fields`; `field-reader.ts` is the other side of every place here.
import { exactly, lowBytes, mix } from "./digest";
export { head, time } from "./head";
import {
  BACKSLASH,
  blank,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isDigit,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  POINT,
  QUOTE,
  skip,
  special,
} from "./json";

const KEY: usize = 0x0400;
const FOUND: usize = 0x0800;
const NODES: usize = 0x4000;

/** Of a mark: where its value begins and ends, a number, and of a text the digest of its spelling. */
const MARK_BYTES: usize = 32;
const NODE_ENTRIES: usize = 64;
/** Length, child, whether that is of a list's elements, mark (0 = none), and thirty-two bytes of the key. */
const ENTRY_BYTES: usize = 64;
const LONGEST_KEY: u32 = 32;
const MOST_DIGITS: usize = 15;
const MOST_LETTERS: usize = 512;
const NEWLINE: u8 = 0x0a;

// --- which keys are wanted: a table for each object on the way, filled once ---

@inline
function part(key: usize, length: u32, at: u32): u64 {
  return length > at ? load<u64>(key + at) & lowBytes(length - at) : 0;
}

@inline
function slotOf(first: u64, length: u32): usize {
  return <usize>(((first * 0x9e3779b97f4a7c15) >> 57) ^ length) & (NODE_ENTRIES - 1);
}

/** The key is at KEY. */
export function want(node: u32, length: u32, child: u32, isList: u32, mark: u32): void {
  const first = part(KEY, length, 0);
  const table = NODES + <usize>node * NODE_ENTRIES * ENTRY_BYTES;
  let slot = slotOf(first, length);
  while (load<u32>(table + slot * ENTRY_BYTES) != 0) slot = (slot + 1) & (NODE_ENTRIES - 1);
  const entry = table + slot * ENTRY_BYTES;
  store<u32>(entry, length);
  store<u32>(entry + 4, child);
  store<u32>(entry + 8, isList);
  store<u32>(entry + 12, mark);
  store<u64>(entry + 16, first);
  store<u64>(entry + 24, part(KEY, length, 8));
  store<u64>(entry + 32, part(KEY, length, 16));
  store<u64>(entry + 40, part(KEY, length, 24));
}

@inline
function find(node: u32, key: usize, length: u32): usize {
  if (length == 0 || length > LONGEST_KEY) return 0;
  const first = part(key, length, 0);
  const table = NODES + <usize>node * NODE_ENTRIES * ENTRY_BYTES;
  let slot = slotOf(first, length);
  while (true) {
    const entry = table + slot * ENTRY_BYTES;
    const known = load<u32>(entry);
    if (known == 0) return 0;
    if (
      known == length &&
      load<u64>(entry + 16) == first &&
      (length <= 8 ||
        (load<u64>(entry + 24) == part(key, length, 8) &&
          (length <= 16 ||
            (load<u64>(entry + 32) == part(key, length, 16) && load<u64>(entry + 40) == part(key, length, 24)))))
    )
      return entry;
    slot = (slot + 1) & (NODE_ENTRIES - 1);
  }
}

// --- what is wanted of it ---

/** How many elements the last list on the way had. */
let elements: u32 = 0;

/** A key that is spelled with escapes may be a wanted one: such a line is refused. */
@inline
function plainKey(at: usize): usize {
  for (at++; ; at += 16) {
    const found = special(v128.load(at));
    if (found == 0) continue;
    at += <usize>ctz(found);
    return load<u8>(at) == QUOTE ? at + 1 : 0;
  }
}

function object(at: usize, node: u32): usize {
  at = blank(at + 1);
  if (load<u8>(at) == CLOSE_BRACE) return at + 1;
  while (true) {
    if (load<u8>(at) != QUOTE) return 0;
    const key = at;
    at = plainKey(key);
    if (at == 0) return 0;
    const entry = find(node, key + 1, <u32>(at - key - 2));
    at = blank(at);
    if (load<u8>(at) != COLON) return 0;
    at = blank(at + 1);
    at = entry == 0 ? skip(at) : wanted(at, entry);
    if (at == 0) return 0;
    at = blank(at);
    const byte = load<u8>(at);
    if (byte == CLOSE_BRACE) return at + 1;
    if (byte != COMMA) return 0;
    at = blank(at + 1);
  }
}

function wanted(at: usize, entry: usize): usize {
  const child = load<u32>(entry + 4);
  const first = load<u8>(at);
  let end: usize;
  elements = 0;
  if (child == 0) end = skip(at);
  else if (load<u32>(entry + 8) != 0) end = first == OPEN_BRACKET ? list(at, child) : skip(at);
  else end = first == OPEN_BRACE ? object(at, child) : skip(at);
  if (end == 0) return 0;
  const mark = load<u32>(entry + 12);
  if (mark != 0) {
    const place = FOUND + <usize>(mark - 1) * MARK_BYTES;
    // Twice in one line: which of them holds, and what of the first is left, is for a whole reading.
    if (load<u32>(place) != 0 && child != 0) return 0;
    store<u32>(place, <u32>at);
    store<u32>(place + 4, <u32>end);
    if (first == QUOTE) {
      const isShort = end - at <= MOST_LETTERS;
      store<f64>(place + 8, isShort && isPlain(at + 1, end - 1) ? Infinity : NaN);
      store<f64>(place + 16, isShort ? exactly(mix(0, at, end)) : NaN);
    } else store<f64>(place + 8, first == OPEN_BRACKET ? <f64>elements : plainNumber(at, end));
  }
  return end;
}

/** Of several objects in a list the marks of the last one stay. */
function list(at: usize, node: u32): usize {
  let count: u32 = 0;
  at = blank(at + 1);
  if (load<u8>(at) == CLOSE_BRACKET) at++;
  else
    while (true) {
      count++;
      at = load<u8>(at) == OPEN_BRACE ? object(at, node) : skip(at);
      if (at == 0) return 0;
      at = blank(at);
      const byte = load<u8>(at++);
      if (byte == CLOSE_BRACKET) break;
      if (byte != COMMA) return 0;
      at = blank(at);
    }
  elements = count;
  return at;
}

/** Whether these letters are literal. */
function isPlain(at: usize, end: usize): bool {
  let odd = i64x2.splat(0);
  // What is read beyond the end only makes a text look odd that is none.
  for (; at < end; at += 16) {
    const bytes = v128.load(at);
    odd = v128.or(odd, v128.or(bytes, i8x16.eq(bytes, i8x16.splat(BACKSLASH))));
  }
  return i8x16.bitmask(odd) == 0;
}

/** NaN for what is none, or has more digits than a double holds. */
function plainNumber(at: usize, end: usize): f64 {
  const isNegative = load<u8>(at) == MINUS;
  if (isNegative) at++;
  if (end - at > MOST_DIGITS) return NaN;
  let sum: u64 = 0;
  let scale: u64 = 0;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == POINT) scale = 1;
    else if (!isDigit(byte)) return NaN;
    else {
      sum = sum * 10 + (byte - 0x30);
      scale *= 10;
    }
  }
  const value = scale == 0 ? <f64>sum : <f64>sum / <f64>scale;
  return isNegative ? -value : value;
}

/** Whether `[at, end)`, with a newline behind it, is one object of JSON; FOUND then holds its marks. */
export function locate(at: usize, end: usize, node: u32, marks: u32): bool {
  for (let i: usize = 0; i < <usize>marks; i++) store<u64>(FOUND + i * MARK_BYTES, 0);
  if (load<u8>(at) != OPEN_BRACE || load<u8>(end) != NEWLINE) return false;
  at = object(at, node);
  return at != 0 && blank(at) == end;
}

/** Of the values of some marks: equal for equal spellings of all of them. */
export function digest(marks: u32): f64 {
  let sum: u64 = 0;
  for (; marks != 0; marks &= marks - 1) {
    const mark = ctz(marks);
    const place = FOUND + <usize>mark * MARK_BYTES;
    sum = mix(sum + mark, load<u32>(place), load<u32>(place + 4));
  }
  return exactly(sum);
}
