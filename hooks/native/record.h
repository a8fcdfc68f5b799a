/* One record: head, checksum, segment, and a file beside it for what no line holds. As hooks/append.ts writes it. */
#include "spool.h"

/* The head of a record goes in front of the payload, so that both are one write. */
#define HEAD_ROOM 256UL

/* The payload, with room for a head before it and one byte behind it. */
static u8 first_buffer[HEAD_ROOM + 128 * 1024];
static u8 *buffer = first_buffer;
static u64 capacity = sizeof first_buffer;
static u64 length;

static u64 fired_ms;
static char id[37];
static u32 crc_table[256];

static u32 crc32(u32 crc, const u8 *bytes, u64 size) {
  if (!crc_table[1])
    for (u32 n = 0; n < 256; n++) {
      u32 c = n;
      for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
      crc_table[n] = c;
    }
  crc = ~crc;
  for (u64 i = 0; i < size; i++) crc = crc_table[(crc ^ bytes[i]) & 255] ^ (crc >> 8);
  return ~crc;
}

/* UUIDv7 with this process's number at its end, as `uuidV7` makes it. */
static void make_id(void) {
  u8 b[16];
  u32 pid = (u32)CALL(SYS_getpid, 0, 0, 0, 0, 0);
  if (CALL(SYS_getrandom, b, 16, 1, 0, 0) != 16) memcpy(b, &fired_ms, 8);
  for (int i = 0; i < 6; i++) b[i] = (u8)(fired_ms >> (40 - 8 * i));
  b[6] = (b[6] & 0x0f) | 0x70;
  b[8] = (b[8] & 0x3f) | 0x80;
  for (int i = 0; i < 4; i++) b[12 + i] = (u8)(pid >> (24 - 8 * i));
  char *to = id;
  for (int i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = "0123456789abcdef"[b[i] >> 4];
    *to++ = "0123456789abcdef"[b[i] & 15];
  }
}

/* `body` must have HEAD_ROOM bytes before it and one behind it. */
static int append_record(const struct text *spool, const char *kind, u8 *body, u64 size) {
  struct text covered = { "", 0 }, head = { "\n", 1 }, path = *spool;
  struct text *both[] = { &covered, &head };
  for (int i = 0; i < 2; i++) {
    add(both[i], kind);
    add(both[i], " ");
    add(both[i], id);
    add(both[i], " ");
    add_number(both[i], fired_ms, 10, 0);
    add(both[i], " ");
    if (i == 1) {
      add_number(&head, crc32(crc32(0, (u8 *)covered.at, covered.size), body, size), 16, 8);
      add(&head, " ");
    }
    add_number(both[i], size, 10, 0);
    add(both[i], i == 0 ? "\n" : " ");
  }
  memcpy(body - head.size, head.at, head.size);
  body[size] = '\n';
  /* One segment a UTC minute, named YYYYMMDDhhmm; the days by Howard Hinnant's civil_from_days. */
  u64 minutes = fired_ms / 60000, z = minutes / 1440 + 719468, doe = z % 146097;
  u64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  u64 mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;
  add(&path, "/");
  add_number(&path, yoe + z / 146097 * 400 + (month <= 2), 10, 4);
  add_number(&path, month, 10, 2);
  add_number(&path, doy - (153 * mp + 2) / 5 + 1, 10, 2);
  add_number(&path, minutes / 60 % 24, 10, 2);
  add_number(&path, minutes % 60, 10, 2);
  add(&path, ".log");
  return append(path.at, body - head.size, head.size + size + 1);
}

/* A body that no line holds, for its size or for the line breaks in it, lies in a file that the record names. */
static int record_beside(const struct text *spool, const char *kind, const u8 *body, u64 length) {
  struct text folder = *spool, temporary, final;
  int is_made = 0;
  add(&folder, "/big");
  if (!is_private(folder.at, &is_made)) return 0;
  temporary = final = folder;
  add(&temporary, "/"); add(&temporary, id); add(&temporary, ".tmp");
  add(&final, "/"); add(&final, id); add(&final, ".json");
  i64 fd = CALL(SYS_openat, AT_FDCWD, temporary.at, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600, 0);
  if (fd < 0) return 0;
  u64 done = 0;
  while (done < length) {
    i64 put = CALL(SYS_write, fd, body + done, length - done, 0, 0);
    if (put == -EINTR) continue;
    if (put <= 0) break;
    done += (u64)put;
  }
  CALL(SYS_close, fd, 0, 0, 0, 0);
  static u8 named[HEAD_ROOM + 64];
  memcpy(named + HEAD_ROOM, id, 36);
  memcpy(named + HEAD_ROOM + 36, ".json", 5);
  if (done == length && CALL(SYS_renameat2, AT_FDCWD, temporary.at, AT_FDCWD, final.at, 0) == 0 &&
      append_record(spool, kind, named + HEAD_ROOM, 41))
    return 1;
  /* What no record names would lie there for ever. */
  CALL(SYS_unlinkat, AT_FDCWD, temporary.at, 0, 0, 0);
  CALL(SYS_unlinkat, AT_FDCWD, final.at, 0, 0, 0);
  return 0;
}
