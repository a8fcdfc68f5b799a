/* Where records go, and who may have made these places: as hooks/append.ts does. */
#include "text.h"

static u32 user;

static int look(const char *path, int flags, struct stat *stat) {
  return (int)CALL(SYS_statx, AT_FDCWD, path, flags, 0x7ff, stat);
}

/* A folder of ours that no other user may write. A link counts where it is ours (or root's) and leads to such a folder. */
static int is_private(const char *path, int *is_made) {
  struct stat stat;
  int known = look(path, AT_SYMLINK_NOFOLLOW, &stat);
  if (known == -ENOENT) {
    char part[PATH_LIMIT + 200];
    for (u64 i = 0; path[i]; i++) {
      part[i] = path[i];
      part[i + 1] = 0;
      if (i > 0 && (path[i + 1] == '/' || !path[i + 1])) {
        i64 made = CALL(SYS_mkdirat, AT_FDCWD, part, 0700, 0, 0);
        *is_made = made == 0;
      }
    }
    known = look(path, AT_SYMLINK_NOFOLLOW, &stat);
  }
  if (known == 0 && (stat.mode & S_IFMT) == S_IFLNK) {
    if (stat.uid != user && stat.uid != 0) return 0;
    known = look(path, 0, &stat);
  }
  return known == 0 && (stat.mode & S_IFMT) == S_IFDIR && (stat.mode & 022) == 0 && stat.uid == user;
}

static int append(const char *path, const u8 *bytes, u64 size) {
  int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  i64 fd = CALL(SYS_openat, AT_FDCWD, path, flags, 0600, 0);
  if (fd < 0) return 0;
  struct stat stat;
  /* More than one link: somebody else's file under our name. None: deleted since it was opened. */
  int is_good = CALL(SYS_statx, fd, "", 0x1000, 0x7ff, &stat) == 0 && (stat.mode & S_IFMT) == S_IFREG &&
    stat.nlink == 1 && stat.uid == user;
  is_good = is_good && CALL(SYS_write, fd, bytes, size, 0, 0) == (i64)size;
  CALL(SYS_close, fd, 0, 0, 0, 0);
  return is_good;
}

/* The spool of a place, private all the way; with it comes the block that counts losses on a full disk. */
static int open_spool(const char *place, struct text *spool) {
  int is_made = 0;
  if (!is_private(place, &is_made)) return 0;
  spool->size = 0;
  add(spool, place);
  add(spool, "/spool");
  is_made = 0;
  if (!is_private(spool->at, &is_made)) return 0;
  if (is_made) {
    struct text lost = *spool;
    add(&lost, "/lost");
    append(lost.at, (const u8 *)"\n", 1);
  }
  return 1;
}

/* `${HALL_DATA_DIR}`, else `${XDG_DATA_HOME:-~/.local/share}/hall-monitor`. */
static void data_place(struct text *t) {
  const char *named = variable("HALL_DATA_DIR"), *xdg = variable("XDG_DATA_HOME"), *home = variable("HOME");
  t->size = 0;
  t->at[0] = 0;
  if (named) add(t, named);
  else if (xdg) { add(t, xdg); add(t, "/hall-monitor"); }
  else if (home) { add(t, home); add(t, "/.local/share/hall-monitor"); }
  while (t->size && t->at[t->size - 1] == '/') t->at[--t->size] = 0;
}

/* Memory instead of a disk: the runtime folder of the login, else a folder named by the data directory. */
static void second_place(struct text *t, const struct text *data) {
  const char *runtime = variable("XDG_RUNTIME_DIR");
  t->size = 0;
  t->at[0] = 0;
  if (runtime) { add(t, runtime); add(t, "/hall-monitor"); return; }
  if (data->at[0] != '/') return;
  add(t, "/dev/shm/hall-monitor-");
  add_number(t, user, 10, 0);
  u64 at = t->size;
  add(t, data->at);
  for (; at < t->size; at++) if (t->at[at] == '/') t->at[at] = '%';
}
