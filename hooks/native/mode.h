/* How much of a payload may be written: `HALL_CAPTURE`, and what the daemon left in `<data>/capture`. */
#include "digest.h"

#define CAPTURE_LIMIT 65536
enum { FULL, REDACTED, METADATA };

static int mode_of(char letter) { return letter == 'f' ? FULL : letter == 'm' ? METADATA : REDACTED; }
static int stricter(int a, int b) { return a > b ? a : b; }

static int is_word_of(const char *value, const char *word) {
  u64 n = size_of(word);
  if (size_of(value) != n) return 0;
  for (u64 i = 0; i < n; i++) if (value[i] != word[i]) return 0;
  return 1;
}

static int mode_of_variable(const char *value) {
  return is_word_of(value, "full") ? FULL : is_word_of(value, "metadata") ? METADATA : REDACTED;
}

/* What of `place` follows `data`; whether it is there, ours and no link. */
static i64 look_in(const struct text *data, const char *name, struct text *path, struct stat *stat) {
  *path = *data;
  add(path, name);
  i64 known = look(path->at, AT_SYMLINK_NOFOLLOW, stat);
  if (known == -ENOENT) return 0;
  return known == 0 && (stat->mode & S_IFMT) == S_IFREG && stat->uid == user ? 1 : -1;
}

static u8 settings[CAPTURE_LIMIT];

/* Written before config.json was changed: what is to be kept is not certain, only what was not to be. */
static int is_stale;

static int is_newer(const struct stat *a, const struct stat *b) {
  return a->mtime.sec > b->mtime.sec || (a->mtime.sec == b->mtime.sec && a->mtime.nsec > b->mtime.nsec);
}

/* Bytes of the settings; 0 = there are none, -1 = they cannot be relied on. */
static i64 read_settings(const struct text *data) {
  struct text path;
  struct stat own, config;
  i64 known = look_in(data, "/capture", &path, &own);
  if (known != 1) return known;
  i64 fd = CALL(SYS_openat, AT_FDCWD, path.at, O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0, 0);
  if (fd < 0) return -1;
  i64 size = CALL(SYS_read, fd, settings, CAPTURE_LIMIT, 0, 0);
  CALL(SYS_close, fd, 0, 0, 0, 0);
  if (size < 3 || size == CAPTURE_LIMIT || settings[2] || settings[size - 1]) return -1;
  is_stale = look_in(data, "/config.json", &path, &config) == 1 && is_newer(&config, &own);
  return size;
}

/* Whether a folder of the settings is this one or above it. */
static int is_below(const struct spelling *cwd, const u8 *folder, u64 size) {
  if (cwd->size < size || (cwd->size > size && cwd->bytes[size] != '/')) return 0;
  for (u64 i = 0; i < size; i++) if (cwd->bytes[i] != folder[i]) return 0;
  return 1;
}

/* By the folder of the settings that is nearest; the strictest of all where the payload names no folder. */
static int mode_of_project(int mode, i64 size) {
  u64 start = 0, end = 0, best = 0;
  int is_known = top_string("cwd", &start, &end), found = mode, all = stricter(mode, REDACTED);
  struct spelling cwd = { NULL, 0, NULL, 0 };
  if (is_known) cwd = meaning_of(buffer + HEAD_ROOM, start, end);
  for (u64 at = 3; at < (u64)size;) {
    int of = mode_of((char)settings[at]);
    const u8 *folder = settings + at + 1;
    u64 n = size_of((const char *)folder);
    at += n + 2;
    all = stricter(all, of);
    if (is_known && n >= best && is_below(&cwd, folder, n)) { best = n; found = of; }
  }
  return is_known ? found : all;
}

static int capture_mode(const struct text *data) {
  const char *value = variable("HALL_CAPTURE");
  i64 size = data->at[0] == '/' ? read_settings(data) : 0;
  int mode = value ? mode_of_variable(value) : FULL;
  if (size == 0) return value ? mode : REDACTED;
  with_emails = size < 0 || is_stale || settings[1] == 'e';
  if (size < 0) return stricter(mode, REDACTED);
  mode = stricter(mode, mode_of((char)settings[0]));
  if (size > 3) mode = mode_of_project(mode, size);
  return is_stale ? stricter(mode, REDACTED) : mode;
}

/* Whatever stops this, no secret is written and the payload is. */
static void protect_payload(const struct text *data, int is_codex) {
  int is_ready = prepare(length), mode = is_ready ? capture_mode(data) : METADATA;
  if (mode == FULL) return;
  with_emails |= mode == METADATA;
  int is_covered = is_ready && cover_payload(), has_digest = 0;
  if (is_covered && mode == REDACTED) return;
  u32 digest = 0;
  if (is_covered && is_codex) has_digest = prompt_digest(&digest);
  mask_payload();
  if (has_digest) put_digest(digest);
}
