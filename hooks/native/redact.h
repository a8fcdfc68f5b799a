/* Covers the secrets of a payload, so that none is written. As hooks/redact/payload.ts does it. */
#include "spellings.h"

#define LAYERS 4
#define RANGE_LIMIT 65536UL
/* By no rule of the table, so behind all of them. */
#define NAMED_RULE RULE_COUNT
#define ENCODED_RULE (RULE_COUNT + 1)

struct range { u32 start, end; u8 layer, rule; };

static struct range *ranges;
static u64 range_count, heads_seen;
static int with_emails;
/* Two layers of escapes, with the place of each byte, and what base64 is decoded to. */
static u8 *layer_bytes[2], *decoded;
static u32 *layer_from[2];
static u64 next_start[RULE_COUNT], seen_in[RULE_COUNT], spelling_number;
static u8 is_head_pair[128 * 128 / 8];
static unsigned short first_head[128];

static u8 lower(u8 c) { return c >= 'A' && c <= 'Z' ? c | 32 : c; }

static void *memory(u64 size) {
  i64 at = CALL6(SYS_mmap, 0, size, 3, 0x22, -1, 0);
  return at < 0 && at > -4096 ? NULL : (void *)at;
}

static int prepare(u64 length) {
  u64 room = length + 64;
  u8 *at = memory(room * 11 + RANGE_LIMIT * sizeof(struct range));
  if (!at) return 0;
  ranges = (struct range *)at;
  layer_from[0] = (u32 *)(ranges + RANGE_LIMIT);
  layer_from[1] = layer_from[0] + room;
  layer_bytes[0] = (u8 *)(layer_from[1] + room);
  layer_bytes[1] = layer_bytes[0] + room;
  decoded = layer_bytes[1] + room;
  for (u64 i = 0; i < sizeof heads / sizeof *heads; i++) {
    const u8 *head = (const u8 *)heads[i].text;
    u32 two = head[0] * 128u + head[1];
    is_head_pair[two >> 3] |= (u8)(1 << (two & 7));
    if (!first_head[head[0]]) first_head[head[0]] = (unsigned short)(i + 1);
  }
  return 1;
}

static void put_range(u64 start, u64 end, int layer, u32 rule) {
  if (range_count >= RANGE_LIMIT) { is_overrun = 1; return; }
  ranges[range_count++] = (struct range){ (u32)start, (u32)end, (u8)layer, (u8)rule };
}

static void put_match(const struct spelling *s, int layer, u32 rule, u64 start, u64 end) {
  int value = rules[rule].value;
  if (value) {
    int group = value > 0 ? value : 1;
    while (value < 0 && group < CAPTURES / 2 && captures[group * 2 + 1] <= captures[group * 2]) group++;
    if (group >= CAPTURES / 2 || captures[group * 2 + 1] <= captures[group * 2]) return;
    start = (u64)captures[group * 2];
    end = (u64)captures[group * 2 + 1];
    if (match_from(PLACEHOLDER_PROGRAM, start) != FAILED) return;
  }
  put_range(source_of(s, start), source_of(s, end), layer, rule);
}

/* Every match that begins at one of these places, each behind the end of the one before. */
static void try_rule(const struct spelling *s, int layer, u32 rule, u64 first, u64 last) {
  if (seen_in[rule] != spelling_number) { seen_in[rule] = spelling_number; next_start[rule] = 0; }
  u64 at = next_start[rule] > first ? next_start[rule] : first;
  for (; at <= last && !is_overrun; at++) {
    if (!is_in(rules[rule].first, s->bytes[at]) || is_inside(at)) continue;
    i64 end = match_from(rules[rule].program, at);
    if (end == FAILED) continue;
    put_match(s, layer, rule, at, (u64)end);
    if ((u64)end > at) at = (u64)end - 1;
  }
  next_start[rule] = at > next_start[rule] ? at : next_start[rule];
}

static void try_heads(const struct spelling *s, int layer, u64 at) {
  u8 first = lower(s->bytes[at]);
  u64 i = first_head[first];
  if (!i) return;
  for (i--; i < sizeof heads / sizeof *heads && (u8)heads[i].text[0] == first; i++) {
    const u8 *head = (const u8 *)heads[i].text;
    u64 n = 1;
    while (head[n] && at + n < s->size && lower(s->bytes[at + n]) == head[n]) n++;
    if (head[n]) continue;
    heads_seen++;
    u64 back = rules[heads[i].rule].back;
    try_rule(s, layer, heads[i].rule, at > back ? at - back : 0, at);
  }
}

static void as_spelled(const struct spelling *s, int layer) {
  text_at = s->bytes;
  text_size = s->size;
  spelling_number++;
  for (u64 at = 0; at + 1 < s->size && !is_overrun; at++) {
    u8 one = lower(s->bytes[at]), two = lower(s->bytes[at + 1]);
    u32 both = one * 128u + two;
    if (one < 128 && two < 128 && is_head_pair[both >> 3] >> (both & 7) & 1) try_heads(s, layer, at);
    if (with_emails && one == '@') try_rule(s, layer, EMAIL_RULE, at > 64 ? at - 64 : 0, at);
  }
  if (s->size >= 40)
    for (u64 i = 0; i < sizeof headless_rules; i++)
      for (u64 at = 0; at < s->size && !is_overrun; at++)
        if (is_in(rules[headless_rules[i]].first, s->bytes[at])) try_rule(s, layer, headless_rules[i], at, at);
}

static void in_base64(const struct spelling *s, int layer) {
  for (u64 at = BASE64_LETTERS - 1; at < s->size && !is_overrun; at += BASE64_LETTERS) {
    if (value_of(s, at) < 0) continue;
    u64 start = at;
    while (start > 0 && value_of(s, start - 1) >= 0) start--;
    at = run_end(s, start);
    if (at - start < BASE64_LETTERS || !is_readable(s, start)) continue;
    struct spelling inner = { decoded, decode(s, start, at, decoded), NULL, 0 };
    u64 count = range_count;
    as_spelled(&inner, layer);
    int is_found = range_count > count;
    range_count = count;
    if (is_found) put_range(source_of(s, start), source_of(s, at), layer, ENCODED_RULE);
  }
}

static int is_after(const struct range *a, const struct range *b) {
  if (a->start != b->start) return a->start > b->start;
  if (a->end != b->end) return a->end < b->end;
  return a->layer != b->layer ? a->layer > b->layer : a->rule > b->rule;
}

static void sort_from(u64 first) {
  struct range *of = ranges + first;
  u64 count = range_count - first;
  for (u64 gap = count / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
    for (u64 i = gap; i < count; i++) {
      struct range one = of[i];
      u64 at = i;
      for (; at >= gap && is_after(&of[at - gap], &one); at -= gap) of[at] = of[at - gap];
      of[at] = one;
    }
}

/* `s` is what a string means, or a body that is no JSON; ranges of one string are in order behind those before it. */
static void find_secrets(struct spelling s) {
  int at = 0;
  for (int layer = 0;; layer++) {
    as_spelled(&s, layer);
    in_base64(&s, layer);
    /* The string itself may be in the first buffer, then each layer in the other one. */
    if (s.bytes == layer_bytes[at]) at = !at;
    struct spelling next;
    if (layer == LAYERS || is_overrun || !unescape(&s, &next, layer_bytes[at], layer_from[at])) break;
    s = next;
  }
}
