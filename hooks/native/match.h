/* Runs a rule of rules.h at one place of a text, as a regular expression does that goes back where it has to. */
#include "record.h"
#include "rules.h"

/* Beyond it a text was made to be slow: what is left of it is not read, but masked. About a fifth of a second. */
#define STEP_LIMIT 40000000UL
#define CAPTURES 10
#define FAILED (-1)

static u64 steps;
static int is_overrun;
static const u8 *text_at;
static u64 text_size;
static i64 captures[CAPTURES];

static int is_in(u8 set, u8 byte) {
  u32 value = byte < 128 ? byte : 128;
  return letter_sets[set][value >> 3] >> (value & 7) & 1;
}

static int is_word(u8 c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A letter is one or more bytes. */
static int is_inside(u64 at) { return at < text_size && (text_at[at] & 0xc0) == 0x80; }

static u64 after(u64 at) {
  do at++; while (is_inside(at));
  return at;
}

static u64 before(u64 at) {
  do at--; while (is_inside(at));
  return at;
}

static u32 number_at(u64 pc) { return programs[pc] | (u32)programs[pc + 1] << 8; }

static i64 match(u64 pc, u64 at);

static i64 match_run(u64 pc, u64 at, int is_lazy) {
  u8 set = programs[pc + 1];
  u64 min = number_at(pc + 2), max = number_at(pc + 4), count = 0;
  u64 limit = is_lazy ? min : max;
  if (limit == UNBOUNDED) limit = ~0UL;
  if (max == UNBOUNDED) max = ~0UL;
  while (count < limit && at < text_size && is_in(set, text_at[at])) { at = after(at); count++; }
  steps += count;
  if (count < min) return FAILED;
  /* What ends a program needs no other length of the run. */
  if (programs[pc + 6] == OP_MATCH) return (i64)at;
  for (;;) {
    i64 end = match(pc + 6, at);
    if (end != FAILED || is_overrun) return end;
    if (is_lazy) {
      if (count >= max || at >= text_size || !is_in(set, text_at[at])) return FAILED;
      at = after(at);
      count++;
    } else {
      if (count == min) return FAILED;
      at = before(at);
      count--;
    }
  }
}

static i64 match_repeat(u64 pc, u64 at) {
  u64 min = number_at(pc + 1), max = number_at(pc + 3), count = 0;
  if (max == UNBOUNDED) max = ~0UL;
  while (count < max) {
    i64 end = match(pc + 7, at);
    if (end == FAILED || (u64)end == at) break;
    at = (u64)end;
    count++;
  }
  return count < min ? FAILED : match(pc + 7 + number_at(pc + 5), at);
}

/* The end of the match, or FAILED. */
static i64 match(u64 pc, u64 at) {
  for (;;) {
    if (++steps > STEP_LIMIT) { is_overrun = 1; return FAILED; }
    u8 op = programs[pc];
    switch (op) {
      case OP_MATCH: return (i64)at;
      case OP_SET:
        if (at >= text_size || !is_in(programs[pc + 1], text_at[at])) return FAILED;
        at = after(at);
        pc += 2;
        break;
      case OP_RUN: return match_run(pc, at, 0);
      case OP_RUN_LAZY: return match_run(pc, at, 1);
      case OP_EITHER: {
        if (at < text_size ? is_in(programs[pc + 1], text_at[at]) : is_in(programs[pc + 1], 0)) {
          i64 end = match(pc + 4, at);
          if (end != FAILED || is_overrun) return end;
        }
        pc += 4 + number_at(pc + 2);
        break;
      }
      case OP_JUMP: pc += 3 + number_at(pc + 1); break;
      case OP_SAVE: {
        i64 *slot = &captures[programs[pc + 1]], old = *slot;
        *slot = (i64)at;
        i64 end = match(pc + 2, at);
        if (end == FAILED) *slot = old;
        return end;
      }
      case OP_NOT_BEFORE:
        if (at > 0 && is_in(programs[pc + 1], text_at[at - 1])) return FAILED;
        pc += 2;
        break;
      case OP_NOT_AFTER:
        if (at < text_size && is_in(programs[pc + 1], text_at[at])) return FAILED;
        pc += 2;
        break;
      case OP_BORDER:
        if ((at > 0 && is_word(text_at[at - 1])) == (at < text_size && is_word(text_at[at]))) return FAILED;
        pc++;
        break;
      case OP_END:
        if (at != text_size) return FAILED;
        pc++;
        break;
      default: return match_repeat(pc, at);
    }
  }
}

static i64 match_from(u64 program, u64 at) {
  for (int i = 0; i < CAPTURES; i++) captures[i] = FAILED;
  return match(program, at);
}
