/* A payload as it may be written: its secrets covered, or without its words. As hooks/redact/payload.ts does it. */
#include "json.h"

static int ends_as_secret(const struct spelling *name) {
  text_at = name->bytes;
  text_size = name->size;
  for (u64 at = text_size > 64 ? text_size - 64 : 0; at < text_size; at++)
    if (match_from(SECRET_NAME_PROGRAM, at) != FAILED) return 1;
  return 0;
}

static int is_value(const struct spelling *s) {
  u64 letters = 0;
  text_at = s->bytes;
  text_size = s->size;
  for (u64 at = 0; at < text_size && letters < 4; at = after(at)) letters++;
  return letters == 4 && match_from(PLACEHOLDER_PROGRAM, 0) == FAILED;
}

/* Finds the secrets of all strings; 0 where the payload is no JSON. */
static int find_in_strings(const u8 *json, u64 size) {
  struct strings s = { json, size, 0, 0, 0, 0, 0 };
  int known, is_secret = 0, depth = 0;
  while ((known = next_string(&s)) == 1 && !is_overrun) {
    u64 first = range_count;
    heads_seen = 0;
    find_secrets(meaning_of(json, s.start, s.end));
    if (s.is_name) {
      struct spelling name = meaning_of(json, s.start, s.end);
      is_secret = heads_seen > 0 && ends_as_secret(&name);
      depth = s.depth;
    } else if (is_secret && s.depth >= depth) {
      struct spelling value = meaning_of(json, s.start, s.end);
      if (is_value(&value)) {
        range_count = first;
        put_range(s.start, s.end, 0, NAMED_RULE);
      }
    }
    sort_from(first);
  }
  return known != -1;
}

static const char *kind_of(u32 rule) {
  return rule == ENCODED_RULE ? "encoded_secret" : rule == NAMED_RULE ? "named_secret" : rules[rule].kind;
}

static u8 *put_bytes(u8 *to, const void *from, u64 size) {
  memcpy(to, from, size);
  return to + size;
}

/* Writes the payload with its covers; `to` has room for them. */
static u64 cover(u8 *to, const u8 *from, u64 size) {
  u8 *out = to;
  u64 at = 0;
  for (u64 i = 0; i < range_count; i++) {
    const struct range *r = ranges + i;
    if (r->start >= at) {
      out = put_bytes(out, from + at, r->start - at);
      out = put_bytes(out, "[redacted:", 10);
      const char *kind = kind_of(r->rule);
      out = put_bytes(out, kind, size_of(kind));
      *out++ = ']';
    }
    if (r->end > at) at = r->end;
  }
  return (u64)(put_bytes(out, from + at, size - at) - to);
}

/* Covers what is secret; 0 where that could not be found out. */
static int cover_payload(void) {
  u8 *body = buffer + HEAD_ROOM;
  if (!find_in_strings(body, length)) {
    range_count = 0;
    find_secrets((struct spelling){ body, length, NULL, 0 });
    sort_from(0);
  }
  if (is_overrun) return 0;
  if (range_count == 0) return 1;
  u64 room = HEAD_ROOM + length + range_count * 48 + 64;
  u8 *out = memory(room);
  if (!out) return 0;
  length = cover(out + HEAD_ROOM, body, length);
  buffer = out;
  capacity = room;
  return 1;
}
