// JSON as far as it must be known to find where things end, strings sixteen or sixty-four bytes at a time. Each of
// these takes where something begins and gives where it ends, or 0 for what is no JSON; a newline ends every line,
// so nothing here runs on into the next. Within strings only escapes are checked.

/** One byte for each list or object that is open. */
const STACK: usize = 0x1000;
const DEEPEST: usize = 4096;

export const QUOTE: u8 = 0x22;
export const COMMA: u8 = 0x2c;
export const COLON: u8 = 0x3a;
export const MINUS: u8 = 0x2d;
export const POINT: u8 = 0x2e;
export const OPEN_BRACE: u8 = 0x7b;
export const CLOSE_BRACE: u8 = 0x7d;
export const OPEN_BRACKET: u8 = 0x5b;
export const CLOSE_BRACKET: u8 = 0x5d;
export const BACKSLASH: u8 = 0x5c;

@inline
export function blank(at: usize): usize {
  while (true) {
    const byte = load<u8>(at);
    if (byte > 0x20 || (byte != 0x20 && byte != 0x0d && byte != 0x09)) return at;
    at++;
  }
}

@inline
function controls(bytes: v128): v128 {
  return i8x16.eq(i8x16.min_u(bytes, i8x16.splat(0x1f)), bytes);
}

@inline
export function special(bytes: v128): i32 {
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
      controls(bytes),
    ),
  );
}

/** From behind the opening quote; most strings are short and have no escape. */
@inline
function text(at: usize): usize {
  const found = special(v128.load(at));
  if (found == 0) return middling(at + 16);
  at += <usize>ctz(found);
  return load<u8>(at) == QUOTE ? at + 1 : long(at);
}

function middling(at: usize): usize {
  for (let i = 0; i < 3; i++) {
    const found = special(v128.load(at));
    if (found != 0) {
      at += <usize>ctz(found);
      return load<u8>(at) == QUOTE ? at + 1 : long(at);
    }
    at += 16;
  }
  return long(at);
}

@inline
function where(a: v128, b: v128, c: v128, d: v128): u64 {
  return (
    (<u64>i8x16.bitmask(a)) |
    ((<u64>i8x16.bitmask(b)) << 16) |
    ((<u64>i8x16.bitmask(c)) << 32) |
    ((<u64>i8x16.bitmask(d)) << 48)
  );
}

@inline
function equal(a: v128, b: v128, c: v128, d: v128, byte: u8): u64 {
  const wanted = i8x16.splat(byte);
  return where(i8x16.eq(a, wanted), i8x16.eq(b, wanted), i8x16.eq(c, wanted), i8x16.eq(d, wanted));
}

/** b, f, n, r and t, by their lowest five bits. */
const ESCAPES: u32 = (1 << 2) | (1 << 6) | (1 << 14) | (1 << 18) | (1 << 20);
const SLASH: u8 = 0x2f;
const LETTER_U: u8 = 0x75;

@inline
function isHex(byte: u8): bool {
  const letter = byte | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}

/** Whether JSON knows each of these bytes behind a backslash; bit 0 is the byte at `at`. */
function areEscapes(at: usize, escaped: u64): bool {
  for (; escaped != 0; escaped &= escaped - 1) {
    const place = at + <usize>ctz(escaped);
    const byte = load<u8>(place);
    if (byte == LETTER_U) {
      for (let i: usize = 1; i <= 4; i++) if (!isHex(load<u8>(place + i))) return false;
    } else if (byte > 0x60 && byte < 0x80) {
      if (((ESCAPES >> (byte & 31)) & 1) == 0) return false;
    } else if (byte != QUOTE && byte != BACKSLASH && byte != SLASH) return false;
  }
  return true;
}

/** Sixty-four at a time; which quotes are escaped is reckoned, as guessing wrong at each would cost more. */
function long(at: usize): usize {
  let isEscaped: u64 = 0;
  while (true) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const backslashes = equal(a, b, c, d, BACKSLASH) & ~isEscaped;
    // A run of backslashes escapes what follows it if its length is odd: adding carries each run to its end.
    const behind = (backslashes << 1) | isEscaped;
    const oddStarts = backslashes & 0xaaaaaaaaaaaaaaaa & ~behind;
    const carried = oddStarts + backslashes;
    isEscaped = <u64>(carried < backslashes);
    const escaped = (0x5555555555555555 ^ (carried << 1)) & behind;
    const quotes = equal(a, b, c, d, QUOTE) & ~escaped;
    const bad = v128.or(v128.or(controls(a), controls(b)), v128.or(controls(c), controls(d)));
    if (v128.any_true(bad)) {
      const first = ctz(where(controls(a), controls(b), controls(c), controls(d)));
      if (quotes == 0 || first < ctz(quotes)) return 0;
    }
    // Of the last block those before the closing quote.
    if (escaped != 0 && !areEscapes(at, quotes == 0 ? escaped : escaped & ((quotes & -quotes) - 1))) return 0;
    if (quotes != 0) return at + <usize>ctz(quotes) + 1;
    at += 64;
  }
}

@inline
export function isDigit(byte: u8): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function digits(at: usize): usize {
  if (!isDigit(load<u8>(at))) return 0;
  while (isDigit(load<u8>(at))) at++;
  return at;
}

function number(at: usize): usize {
  if (load<u8>(at) == MINUS) at++;
  at = load<u8>(at) == 0x30 ? at + 1 : digits(at);
  if (at != 0 && load<u8>(at) == POINT) at = digits(at + 1);
  if (at != 0 && (load<u8>(at) | 0x20) == 0x65) {
    const sign = load<u8>(at + 1);
    at = digits(sign == 0x2b || sign == MINUS ? at + 2 : at + 1);
  }
  return at;
}

@inline
function scalar(at: usize, first: u8): usize {
  if (first == QUOTE) return text(at + 1);
  if (first == 0x74) return load<u32>(at) == 0x65757274 ? at + 4 : 0;
  if (first == 0x6e) return load<u32>(at) == 0x6c6c756e ? at + 4 : 0;
  if (first == 0x66) return load<u32>(at + 1) == 0x65736c61 ? at + 5 : 0;
  return number(at);
}

/** From the quote of a key to the value behind it. */
@inline
function pastKey(at: usize): usize {
  if (load<u8>(at) != QUOTE) return 0;
  at = text(at + 1);
  if (at == 0) return 0;
  at = blank(at);
  return load<u8>(at) == COLON ? blank(at + 1) : 0;
}

/** Any value, however deep, without calling itself. */
export function skip(at: usize): usize {
  let depth: usize = 0;
  while (true) {
    const first = load<u8>(at);
    const isObject = first == OPEN_BRACE;
    if (isObject || first == OPEN_BRACKET) {
      at = blank(at + 1);
      if (load<u8>(at) == (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) at++;
      else {
        if (depth == DEEPEST) return 0;
        store<u8>(STACK + depth++, isObject ? 1 : 0);
        if (isObject) {
          at = pastKey(at);
          if (at == 0) return 0;
        }
        continue;
      }
    } else {
      at = scalar(at, first);
      if (at == 0) return 0;
    }
    while (true) {
      if (depth == 0) return at;
      at = blank(at);
      const byte = load<u8>(at);
      const inObject = load<u8>(STACK + depth - 1) == 1;
      if (byte == COMMA) {
        at = blank(at + 1);
        if (inObject) {
          at = pastKey(at);
          if (at == 0) return 0;
        }
        break;
      }
      if (byte != (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) return 0;
      at++;
      depth--;
    }
  }
}
