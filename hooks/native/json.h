/* The strings of a JSON text, one after another, without a tree of them. */
#include "redact.h"

struct strings { const u8 *json; u64 size, at, start, end; int depth, is_name; };

/* What may be outside of strings. */
static int is_json_letter(u8 c) {
  static const char letters[] = " \t\r\n{}[]:,-+.0123456789eEtrufalsn";
  for (int i = 0; letters[i]; i++)
    if (c == (u8)letters[i]) return 1;
  return 0;
}

/* 1: the next one is in [start, end). 0: there is none. -1: this is no JSON. */
static int next_string(struct strings *s) {
  for (; s->at < s->size; s->at++) {
    u8 c = s->json[s->at];
    if (c == '{' || c == '[') s->depth++;
    else if (c == '}' || c == ']') s->depth--;
    if (c != '"') {
      if (!is_json_letter(c)) return -1;
      continue;
    }
    u64 end = s->at + 1;
    while (end < s->size && s->json[end] != '"') end += s->json[end] == '\\' ? 2 : 1;
    if (end >= s->size) return -1;
    s->start = s->at + 1;
    s->end = end;
    s->at = end + 1;
    for (end++; end < s->size && (s->json[end] == ' ' || s->json[end] == '\t' || s->json[end] == '\n' || s->json[end] == '\r');) end++;
    s->is_name = end < s->size && s->json[end] == ':';
    return 1;
  }
  return 0;
}

static int is_named(const struct strings *s, const char *name) {
  u64 n = size_of(name);
  if (s->end - s->start != n) return 0;
  for (u64 i = 0; i < n; i++)
    if (s->json[s->start + i] != (u8)name[i]) return 0;
  return 1;
}

/* The value at the top that has this name, the last one where there are several. */
static int top_string(const char *name, u64 *start, u64 *end) {
  struct strings s = { buffer + HEAD_ROOM, length, 0, 0, 0, 0, 0 };
  int known, is_it = 0, is_found = 0;
  while ((known = next_string(&s)) == 1) {
    if (s.depth != 1) continue;
    if (!s.is_name && is_it) { *start = s.start; *end = s.end; is_found = 1; }
    is_it = s.is_name && is_named(&s, name);
  }
  return known == 0 && is_found;
}

/* What a string means; its escapes are read into the first buffer. */
static struct spelling meaning_of(const u8 *json, u64 start, u64 end) {
  struct spelling raw = { json + start, end - start, NULL, start }, plain;
  u64 at = start;
  while (at < end && json[at] != '\\') at++;
  if (at == end) return raw;
  is_json = 1;
  unescape(&raw, &plain, layer_bytes[0], layer_from[0]);
  is_json = 0;
  return plain;
}
