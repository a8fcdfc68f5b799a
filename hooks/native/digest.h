/* By it a prompt without its words is joined to the one of the client's own file. As hooks/redact/digest.ts has it. */
#include "mask.h"

static u64 cover_size(const struct spelling *s, u64 at) {
  static const char head[] = "[redacted:";
  u64 end = at;
  for (int i = 0; head[i]; i++, end++)
    if (end >= s->size || s->bytes[end] != (u8)head[i]) return 0;
  u64 first = end;
  while (end < s->size && (is_word(s->bytes[end]) && !(s->bytes[end] >= 'A' && s->bytes[end] <= 'Z'))) end++;
  return end > first && end < s->size && s->bytes[end] == ']' ? end + 1 - at : 0;
}

static int prompt_digest(u32 *digest) {
  u64 start, end;
  if (!top_string("prompt", &start, &end)) return 0;
  struct spelling s = meaning_of(buffer + HEAD_ROOM, start, end);
  *digest = 0;
  for (u64 at = 0; at < s.size;) {
    u8 c = s.bytes[at];
    u64 covered = c == '[' ? cover_size(&s, at) : 0;
    if (covered) *digest = crc32(*digest, (const u8 *)"[redacted]", 10);
    else if (c != ' ' && (c < 9 || c > 13)) *digest = crc32(*digest, &c, 1);
    at += covered ? covered : 1;
  }
  return 1;
}

static void put_digest(u32 digest) {
  u8 *body = buffer + HEAD_ROOM;
  if (body[0] != '{') return;
  struct text field = { "", 0 };
  add(&field, "{\"prompt_crc32\":\"");
  add_number(&field, digest, 16, 0);
  add(&field, "\",");
  u8 *out = memory(HEAD_ROOM + length + 64);
  if (!out) return;
  u8 *at = put_bytes(put_bytes(out + HEAD_ROOM, field.at, field.size), body + 1, length - 1);
  length = (u64)(at - out) - HEAD_ROOM;
  buffer = out;
}
