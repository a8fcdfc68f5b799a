/* Bounded text, and the environment. */
#include "sys.h"

#define PATH_LIMIT 4000

static char **environment;

struct text { char at[PATH_LIMIT + 200]; u64 size; };

static u64 size_of(const char *s) { u64 n = 0; while (s[n]) n++; return n; }

static void add(struct text *t, const char *s) {
  u64 n = size_of(s);
  if (t->size + n >= sizeof t->at) { t->size = 0; t->at[0] = 0; return; }
  memcpy(t->at + t->size, s, n + 1);
  t->size += n;
}

static void add_number(struct text *t, u64 value, u32 base, int width) {
  char digits[24];
  int at = 24;
  digits[--at] = 0;
  do { digits[--at] = "0123456789abcdef"[value % base]; value /= base; width--; } while (value || width > 0);
  add(t, digits + at);
}

static const char *variable(const char *name) {
  u64 n = size_of(name);
  for (char **e = environment; *e; e++) {
    u64 i = 0;
    while (i < n && (*e)[i] == name[i]) i++;
    if (i == n && (*e)[n] == '=' && (*e)[n + 1]) return *e + n + 1;
  }
  return NULL;
}
