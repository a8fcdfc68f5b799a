/* Other spellings of a text: escapes in layers, and base64. As hooks/redact/escapes.ts has them. */
#include "match.h"

/* `from` gives the place in the payload of each byte and of the end; none: the bytes are the payload's, from `base`. */
struct spelling { const u8 *bytes; u64 size; const u32 *from; u64 base; };

static u64 source_of(const struct spelling *s, u64 at) { return s->from ? s->from[at] : s->base + at; }

static int digit_of(u8 c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `count` hexadecimal digits, or -1. */
static i64 hex_at(const struct spelling *s, u64 at, u64 count) {
  i64 value = 0;
  if (at + count > s->size) return -1;
  for (u64 i = 0; i < count; i++) {
    int digit = digit_of(s->bytes[at + i]);
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

static u64 put_letter(u8 *to, u32 letter) {
  if (letter < 0x80) { to[0] = (u8)letter; return 1; }
  if (letter < 0x800) { to[0] = (u8)(0xc0 | letter >> 6); to[1] = (u8)(0x80 | (letter & 63)); return 2; }
  if (letter < 0x10000) {
    to[0] = (u8)(0xe0 | letter >> 12);
    to[1] = (u8)(0x80 | (letter >> 6 & 63));
    to[2] = (u8)(0x80 | (letter & 63));
    return 3;
  }
  to[0] = (u8)(0xf0 | letter >> 18);
  to[1] = (u8)(0x80 | (letter >> 12 & 63));
  to[2] = (u8)(0x80 | (letter >> 6 & 63));
  to[3] = (u8)(0x80 | (letter & 63));
  return 4;
}

/* In a string of JSON only its own escapes count. */
static int is_json;

/* Size of the escape at a place, and the letter that it is for; 0 = there is none. */
static u64 escape_at(const struct spelling *s, u64 at, u32 *letter) {
  u8 c = s->bytes[at];
  i64 value;
  if (c == '%' && !is_json && (value = hex_at(s, at + 1, 2)) >= 0) { *letter = (u32)value; return 3; }
  if (c != '\\' || at + 1 >= s->size) return 0;
  c = s->bytes[at + 1];
  if (c == 'x' && !is_json && (value = hex_at(s, at + 2, 2)) >= 0) { *letter = (u32)value; return 4; }
  if (c == 'u' && (value = hex_at(s, at + 2, 4)) >= 0) {
    *letter = (u32)value;
    if (value < 0xd800 || value > 0xdbff) return 6;
    i64 second = at + 12 <= s->size && s->bytes[at + 6] == '\\' && s->bytes[at + 7] == 'u' ? hex_at(s, at + 8, 4) : -1;
    if (second < 0xdc00 || second > 0xdfff) return 6;
    *letter = (u32)(0x10000 + ((value - 0xd800) << 10) + (second - 0xdc00));
    return 12;
  }
  static const u8 named[] = "nrtbf\"'/\\", meant[] = "\n\r\t\b\f\"'/\\";
  for (int i = 0; named[i]; i++)
    if (c == named[i] && !(is_json && c == '\'')) { *letter = meant[i]; return 2; }
  return 0;
}

/* One layer less of escapes, in `to`; 0 where there is none. */
static int unescape(const struct spelling *s, struct spelling *to, u8 *bytes, u32 *from) {
  u64 size = 0;
  int is_changed = 0;
  for (u64 at = 0; at < s->size;) {
    u32 letter, source = (u32)source_of(s, at);
    u8 c = s->bytes[at];
    u64 escape = c == '\\' || c == '%' ? escape_at(s, at, &letter) : 0;
    if (!escape) { bytes[size] = c; from[size++] = source; at++; continue; }
    is_changed = 1;
    at += escape;
    for (u64 end = size + put_letter(bytes + size, letter); size < end; size++) from[size] = source;
  }
  from[size] = (u32)source_of(s, s->size);
  *to = (struct spelling){ bytes, size, from, 0 };
  return is_changed;
}

#define BASE64_LETTERS 24

static int value_of(const struct spelling *s, u64 at) {
  if (at >= s->size) return -1;
  u8 c = s->bytes[at];
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static u64 run_end(const struct spelling *s, u64 at) {
  for (u64 line = at;; line = at) {
    while (value_of(s, at) >= 0) at++;
    int is_wrapped = (at - line == 64 || at - line == 76) && at < s->size && s->bytes[at] == '\n';
    if (!is_wrapped || value_of(s, at + 1) < 0) return at;
    at++;
  }
}

static int is_printable(u32 byte) { return byte == 9 || byte == 10 || byte == 13 || (byte >= 32 && byte <= 126); }

static u32 four_at(const struct spelling *s, u64 at) {
  u32 bits = 0;
  for (u64 i = 0; i < 4; i++) bits = bits << 6 | ((u32)value_of(s, at + i) & 63);
  return bits;
}

static int is_readable(const struct spelling *s, u64 start) {
  for (u64 at = start; at < start + 20; at += 4) {
    u32 bits = four_at(s, at);
    if (!is_printable(bits >> 16) || !is_printable(bits >> 8 & 255) || !is_printable(bits & 255)) return 0;
  }
  return 1;
}

static u64 decode(const struct spelling *s, u64 at, u64 end, u8 *to) {
  u64 size = 0;
  u32 bits = 0;
  int have = 0;
  for (; at < end; at++) {
    int value = value_of(s, at);
    if (value < 0) continue;
    bits = bits << 6 | (u32)value;
    have += 6;
    if (have >= 8) { have -= 8; to[size++] = (u8)(bits >> have); }
  }
  return size;
}
