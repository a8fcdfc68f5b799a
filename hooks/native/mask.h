/* A payload without its words: each letter becomes one of the same size, so that every size stays what it was. */
#include "payload.h"

static u32 mask_of(u32 letter) {
  if (letter < 0x80) return 'x';
  return letter < 0x800 ? 0xe9 : letter < 0x10000 ? 0x2026 : 0x1f600;
}

static u64 mask_escape(u8 *to, const struct spelling *s, u64 *at) {
  u32 letter;
  u64 size = escape_at(s, *at, &letter);
  const u8 *from = s->bytes + *at;
  if (size == 0) { *at += 1; return put_letter(to, 'x'); }
  *at += size;
  if (letter >= 0xd800 && letter < 0xe000) { for (int i = 0; i < 6; i++) to[i] = from[i]; return 6; }
  int is_short = letter == '"' || letter == '\\' || (letter >= 8 && letter <= 13 && letter != 11);
  if (is_short) { to[0] = '\\'; to[1] = 'n'; return 2; }
  if (letter < 32) { put_bytes(to, "\\u0001", 6); return 6; }
  return put_letter(to, mask_of(letter));
}

static u64 move_down(u8 *to, const u8 *from, u64 size) {
  for (u64 i = 0; i < size; i++) to[i] = from[i];
  return size;
}

/* Never longer than before, so that it can be done in place. */
static u64 mask_string(u8 *to, const u8 *from, u64 size) {
  struct spelling s = { from, size, NULL, 0 };
  u64 out = 0;
  for (u64 at = 0; at < size;) {
    u8 c = from[at];
    if (c == '\\') { out += mask_escape(to + out, &s, &at); continue; }
    u64 letter = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (at + letter > size) letter = 1;
    at += letter;
    out += put_letter(to + out, letter == 1 ? 'x' : letter == 2 ? 0xe9 : letter == 3 ? 0x2026 : 0x1f600);
  }
  return out;
}

static int is_name_of(u64 program, const u8 *name, u64 size) {
  text_at = name;
  text_size = size;
  return match_from(program, 0) != FAILED;
}

/* How a command that a client carries out by itself begins: it is no prompt. */
static u64 kept_start(const u8 *value, u64 size) {
  text_at = value;
  text_size = size;
  i64 end = match_from(COMMAND_PROGRAM, 0);
  return end == FAILED ? 0 : (u64)end;
}

static void mask_payload(void) {
  u8 *body = buffer + HEAD_ROOM;
  struct strings s = { body, length, 0, 0, 0, 0, 0 };
  u64 out = 0, from = 0;
  int known, is_kept = 0, has_start = 0;
  steps = 0;
  is_overrun = 0;
  is_json = 1;
  while ((known = next_string(&s)) == 1) {
    int is_own = s.depth == 1;
    u64 size = s.end - s.start, kept = 0;
    /* What is between strings is moved, too; of the string itself nothing has been read yet. */
    if (s.is_name && is_own) {
      is_kept = is_name_of(KEPT_NAME_PROGRAM, body + s.start, size);
      has_start = is_named(&s, "prompt") || is_named(&s, "session_title");
    }
    if (s.is_name) kept = is_own || is_name_of(FIELD_NAME_PROGRAM, body + s.start, size) ? size : 0;
    else if (is_own && is_kept) kept = size;
    else if (is_own && has_start) kept = kept_start(body + s.start, size);
    out += move_down(body + out, body + from, s.start + kept - from);
    out += mask_string(body + out, body + s.start + kept, size - kept);
    from = s.end;
  }
  if (known == 0) {
    length = out + move_down(body + out, body + from, length - from);
    return;
  }
  for (u64 i = 0; i < length; i++) body[i] = 'x';
}
