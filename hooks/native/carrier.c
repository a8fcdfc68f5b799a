/*
 * The carrier of hook events, `hall-linux-* claude|codex`: one payload from stdin, one record at the end of the spool.
 * The same record, places and checks as hooks/append.ts and hooks/emit.ts, which run where this program does not; the
 * tests run both. Whatever happens after the first read it prints nothing and exits 0: exit code 2 and output would
 * steer the agent. Built by `bun run build:hook`.
 */
#include "mode.h"

#define SILENCE_MS 1000
/* With what follows still within the five seconds that a client grants. */
#define BUSY_SILENCE_MS 3500
#define WATCHDOG_TICK_US 100000
#define WATCHDOG_TICKS 5
#define READ_LIMIT (64UL * 1024 * 1024)
#define INLINE_LIMIT (4UL * 1024 * 1024)

static struct text data, second;
static volatile int is_stored;

static i64 now_ms(int clock) {
  struct timespec t;
  CALL(SYS_clock_gettime, clock, &t, 0, 0, 0);
  return t.sec * 1000 + t.nsec / 1000000;
}

static int grow(void) {
  if (length + HEAD_ROOM + 1 < capacity) return 1;
  u64 wanted = capacity * 4;
  i64 at = buffer == first_buffer
    ? CALL6(SYS_mmap, 0, wanted, 3, 0x22, -1, 0)
    : CALL(SYS_mremap, buffer, capacity, wanted, 1, 0);
  if (at < 0 && at > -4096) return 0;
  if (buffer == first_buffer) memcpy((u8 *)at + HEAD_ROOM, buffer + HEAD_ROOM, length);
  buffer = (u8 *)at;
  capacity = wanted;
  return 1;
}

/* More tasks want a processor than there are, as `isMachineBusy` of hooks/stdin.ts finds. */
static int is_machine_busy(void) {
  u8 text[64], mask[1024];
  i64 fd = CALL(SYS_openat, AT_FDCWD, "/proc/loadavg", O_CLOEXEC, 0, 0);
  i64 size = fd < 0 ? 0 : CALL(SYS_read, fd, text, sizeof text, 0, 0);
  i64 masked = CALL(SYS_sched_getaffinity, 0, sizeof mask, mask, 0, 0);
  u64 running = 0, processors = 0;
  for (i64 i = 0; i < size && text[i] != '/'; i++)
    running = text[i] >= '0' && text[i] <= '9' ? running * 10 + text[i] - '0' : 0;
  for (i64 i = 0; i < masked; i++)
    for (u8 bits = mask[i]; bits; bits &= bits - 1) processors++;
  return running > processors;
}

/*
 * Until the newline at the end of a chunk, the end of input, 64 MiB or a second of silence; a writer that a busy
 * machine keeps from writing has longer. 0 where nothing came of a writer that is still there.
 */
static int read_payload(void) {
  i64 begin = now_ms(1), last = begin;
  int is_open = 1;
  while (length < READ_LIMIT && grow()) {
    struct pollfd stdin_ready = { 0, POLLIN, 0 };
    i64 now = now_ms(1), left = last + SILENCE_MS - now;
    if (left <= 0 || now - begin >= BUSY_SILENCE_MS) {
      if (now - begin >= BUSY_SILENCE_MS || !is_machine_busy()) break;
      left = 50;
    }
    struct timespec wait = { left / 1000, left % 1000 * 1000000 };
    i64 ready = CALL(SYS_ppoll, &stdin_ready, 1, &wait, 0, 8);
    if (ready == -EINTR || ready == 0) continue;
    if (ready < 0) break;
    i64 got = CALL(SYS_read, 0, buffer + HEAD_ROOM + length, capacity - HEAD_ROOM - length - 1, 0, 0);
    if (got == -EINTR || got == -EAGAIN) continue;
    is_open = got > 0;
    if (!is_open) break;
    last = now_ms(1);
    length += (u64)got;
    if (buffer[HEAD_ROOM + length - 1] == '\n') break;
  }
  int is_given = length > 0 || !is_open;
  if (length && buffer[HEAD_ROOM + length - 1] == '\n') length--;
  return is_given;
}

static int try_record(const struct text *place, int is_codex) {
  struct text spool;
  if (place->at[0] != '/' || place->size > PATH_LIMIT || !open_spool(place->at, &spool)) return 0;
  int is_line = length <= INLINE_LIMIT;
  for (u64 i = 0; is_line && i < length; i++) is_line = buffer[HEAD_ROOM + i] != '\n';
  if (is_line) return append_record(&spool, is_codex ? "codex-hook/1" : "hook/1", buffer + HEAD_ROOM, length);
  return record_beside(&spool, is_codex ? "codex-hook-file/1" : "hook-file/1", buffer + HEAD_ROOM, length);
}

static int count_loss(const struct text *place) {
  struct text spool;
  if (place->at[0] != '/' || place->size > PATH_LIMIT || !open_spool(place->at, &spool)) return 0;
  add(&spool, "/lost");
  return append(spool.at, (const u8 *)".", 1);
}

/*
 * A disk that does not answer must not hold the agent. Five short ticks, not one long: where no processor was free
 * meanwhile, only one is seen, and the work continues.
 */
static void on_alarm(int signal) {
  (void)signal;
  static int ticks;
  if (++ticks < WATCHDOG_TICKS) return;
  if (!is_stored) count_loss(&second);
  leave(0);
}

static void set_signal(int signal, void (*handler)(int)) {
  struct sigaction action = { handler, SA_RESTORER | SA_RESTART, end_signal, 0 };
  CALL(SYS_rt_sigaction, signal, &action, 0, 8, 0);
}

__attribute__((used)) void start(i64 *stack) {
  /* A client that ends signals its hooks to end, too: what they have read would be lost. */
  set_signal(SIGTERM, SIG_IGN);
  set_signal(SIGHUP, SIG_IGN);
  set_signal(SIGINT, SIG_IGN);
  set_signal(SIGPIPE, SIG_IGN);
  fired_ms = (u64)now_ms(0);
  struct stat root;
  /* Linux before 4.11, or a sandbox that does not know statx: the runtime's turn, with stdin as it was. */
  if (look("/", 0, &root) != 0) leave(9);
  char **argv = (char **)(stack + 1);
  environment = argv + stack[0] + 1;
  int is_codex = stack[0] > 1 && argv[1][0] == 'c' && argv[1][1] == 'o';
  user = (u32)CALL(SYS_geteuid, 0, 0, 0, 0, 0);
  CALL(SYS_umask, 077, 0, 0, 0, 0);
  make_id();
  data_place(&data);
  second_place(&second, &data);
  set_signal(SIGALRM, on_alarm);
  int is_given = read_payload();
  if (is_given && length == 0) leave(0);
  protect_payload(&data, is_codex);
  struct itimerval watchdog = { 0, WATCHDOG_TICK_US, 0, WATCHDOG_TICK_US };
  CALL(SYS_setitimer, 0, &watchdog, 0, 0, 0);
  is_stored = is_given && (try_record(&data, is_codex) || try_record(&second, is_codex));
  if (!is_stored && !count_loss(&data)) count_loss(&second);
  leave(0);
}
