/**
 * What the agent runs on every hook event: one payload in, one record appended to the spool. Whatever
 * happens it prints nothing and exits 0, because exit code 2 and output would steer the agent.
 */
import * as fs from "node:fs";
import {
  dataDirectory,
  SPOOL_FOLDER,
  SPOOL_INLINE_LIMIT_BYTES,
  type SpoolKind,
  spoolHeader,
  spoolSegment,
} from "../schema/names.ts";

// Payloads carry neither a time nor an identity: both are this process's, and taken before anything can wait.
const firedUnixMs = Date.now();

const NEWLINE = 0x0a;
const READ_LIMIT_MS = 1000;
const READ_LIMIT_BYTES = 64 * 1024 * 1024;
const WATCHDOG_MS = 1500;
const OFF = ["", "false", "0", "no", "off"];
/** The daemon outlives the session by days, so it gets no API key of the agent's. */
const DAEMON_ENV =
  /^(HALL_.*|XDG_.*|LC_.*|HOME|PATH|USER|LOGNAME|SHELL|LANG|TZ|TMPDIR|BUN_INSTALL|CLAUDE_CONFIG_DIR|CODEX_HOME|CODEX_SESSIONS_DIR|ENABLE_CODEX_SOURCE)$/;

type Delivery = { id: string; unix_ms: number; payload: Buffer };
type Crc32 = (bytes: Buffer) => number;

process.on("uncaughtException", leave);
process.on("unhandledRejection", leave);
setTimeout(leave, WATCHDOG_MS);
main().then(leave, leave);

async function main(): Promise<void> {
  const id = uuidV7(firedUnixMs);
  const payload = await readPayload();
  if (payload.length === 0) return;
  const crc32 = await loadCrc32();
  const folders = [dataDirectory(process.env), runtimeDirectory()].filter(isUsablePath).map(withoutSlash);
  const folder = folders.find((candidate) =>
    tryRecord(candidate, { id, unix_ms: firedUnixMs, payload }, crc32),
  );
  if (folder === undefined) countLoss(folders);
  else if (process.argv[2] === "SessionStart" && folder === folders[0]) await startDaemon(folder);
}

function leave(): void {
  process.exit(0);
}

/** Never waits for the end of input: a client may keep its end open for as long as the session lives. */
function readPayload(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    const finish = () => resolve(withoutNewline(Buffer.concat(chunks)));
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (chunk.at(-1) === NEWLINE || bytes >= READ_LIMIT_BYTES) finish();
    };
    setTimeout(finish, READ_LIMIT_MS);
    // Node cannot exit while a thread of its own waits in read(2); under Bun a stream costs 10 ms to load.
    if (typeof Bun === "undefined") process.stdin.on("data", take).on("end", finish).on("error", finish);
    else readOn(Buffer.allocUnsafe(64 * 1024), take, finish);
  });
}

function readOn(scratch: Buffer, take: (chunk: Buffer) => void, finish: () => void): void {
  const next = () =>
    fs.read(0, scratch, 0, scratch.length, null, (error, got) => {
      if (error?.code === "EAGAIN") return void setTimeout(next, 1);
      if (error || got === 0) return finish();
      take(Buffer.from(scratch.subarray(0, got)));
      next();
    });
  next();
}

function withoutNewline(bytes: Buffer): Buffer {
  return bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes;
}

function tryRecord(folder: string, delivery: Delivery, crc32: Crc32): boolean {
  try {
    const spool = `${folder}/${SPOOL_FOLDER}`;
    ensurePrivate(folder);
    ensurePrivate(spool);
    if (delivery.payload.length > SPOOL_INLINE_LIMIT_BYTES) recordBeside(spool, delivery, crc32);
    else appendRecord(spool, delivery, toBody(delivery.payload), crc32);
    return true;
  } catch {
    return false;
  }
}

/** A record ends at a newline, so a body that has one inside travels as a JSON string. */
function toBody(payload: Buffer): { kind: SpoolKind; body: Buffer } {
  if (!payload.includes(NEWLINE)) return { kind: "hook/1", body: payload };
  return { kind: "hook-raw/1", body: Buffer.from(JSON.stringify(payload.toString("utf8"))) };
}

function recordBeside(spool: string, delivery: Delivery, crc32: Crc32): void {
  const name = `${delivery.id}.json`;
  const temporary = `${spool}/big/${delivery.id}.tmp`;
  ensurePrivate(`${spool}/big`);
  try {
    const fd = fs.openSync(temporary, "wx", 0o600);
    try {
      for (let at = 0; at < delivery.payload.length; ) at += fs.writeSync(fd, delivery.payload, at);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, `${spool}/big/${name}`);
    appendRecord(spool, delivery, { kind: "hook-file/1", body: Buffer.from(name) }, crc32);
  } catch (cause) {
    // What no record names would lie here for ever.
    fs.rmSync(temporary, { force: true });
    fs.rmSync(`${spool}/big/${name}`, { force: true });
    throw cause;
  }
}

/** One write(2) under O_APPEND is not interleaved on a local file system; two would be. */
function appendRecord(
  spool: string,
  { id, unix_ms }: Delivery,
  of: ReturnType<typeof toBody>,
  crc32: Crc32,
): void {
  const { kind, body } = of;
  const covered = Buffer.concat([Buffer.from(`${spoolHeader(kind, id, unix_ms, body.length)}\n`), body]);
  const sum = crc32(covered).toString(16).padStart(8, "0");
  const head = Buffer.from(`\n${kind} ${id} ${unix_ms} ${sum} ${body.length} `);
  appendOnce(`${spool}/${spoolSegment(unix_ms)}`, Buffer.concat([head, body, Buffer.of(NEWLINE)]));
}

function appendOnce(path: string, bytes: Buffer): void {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  // O_NONBLOCK: opening a FIFO that nobody reads would wait for ever.
  const fd = fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0), 0o600);
  try {
    const stat = fs.fstatSync(fd);
    // More than one link: somebody else's file under our name. None: deleted since it was opened.
    if (!stat.isFile() || stat.nlink !== 1 || !isOurs(stat)) throw new Error("not a file of ours");
    if (fs.writeSync(fd, bytes) !== bytes.length) throw new Error("short write");
  } finally {
    fs.closeSync(fd);
  }
}

function ensurePrivate(folder: string): void {
  let stat = fs.lstatSync(folder, { throwIfNoEntry: false });
  if (!stat) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    stat = fs.lstatSync(folder);
  }
  if (!stat.isDirectory() || (stat.mode & 0o022) !== 0 || !isOurs(stat))
    throw new Error("not a folder of ours");
}

function isOurs(stat: fs.Stats): boolean {
  return process.getuid === undefined || stat.uid === process.getuid();
}

/** The first counter that can be written takes the loss, so the sum over all counters is the number of losses. */
function countLoss(folders: string[]): void {
  for (const folder of folders) {
    try {
      ensurePrivate(folder);
      ensurePrivate(`${folder}/${SPOOL_FOLDER}`);
      appendOnce(`${folder}/${SPOOL_FOLDER}/lost`, Buffer.from("."));
      return;
    } catch {
      // The next folder may take it; after the last there is nobody left to tell.
    }
  }
}

async function startDaemon(folder: string): Promise<void> {
  const wish = process.env.HALL_AUTOSTART;
  if (wish !== undefined && OFF.includes(wish.toLowerCase())) return;
  const main = daemonScript();
  if (main === undefined || isDaemonAlive(folder)) return;
  const { spawn } = await import("node:child_process");
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => DAEMON_ENV.test(name)));
  // An inherited stdout would hold the session until the daemon ends.
  spawn(process.execPath, [main, "start", "--from-hook"], {
    cwd: folder,
    detached: true,
    stdio: "ignore",
    env,
  }).unref();
}

/** The daemon needs Bun; under another runtime the hook only records. */
function daemonScript(): string | undefined {
  if (!process.versions.bun) return undefined;
  const root = (process.argv[1] ?? "").replace(/[\\/]hooks[\\/][^\\/]*$/, "");
  if (fs.existsSync(`${root}/cli/main.js`)) return `${root}/cli/main.js`;
  const source = `${root}/cli/main.ts`;
  return fs.existsSync(`${root}/node_modules`) && fs.existsSync(source) ? source : undefined;
}

function isDaemonAlive(folder: string): boolean {
  try {
    const { pid } = JSON.parse(fs.readFileSync(`${folder}/daemon.json`, "utf8")) as { pid?: unknown };
    if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    if (process.platform !== "linux") return true;
    // A pid is soon given to another program: after a crash the number alone proves nothing.
    return /hall-monitor|cli\/main/.test(fs.readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  } catch {
    return false;
  }
}

function runtimeDirectory(): string | undefined {
  return process.env.XDG_RUNTIME_DIR ? `${process.env.XDG_RUNTIME_DIR}/hall-monitor` : undefined;
}

/** A relative folder would be another one in every project. */
function isUsablePath(path: string | undefined): path is string {
  return path !== undefined && /^([\\/]|[A-Za-z]:[\\/])/.test(path);
}

/** lstat of `link/` follows the link. */
function withoutSlash(path: string): string {
  return path.replace(/[\\/]+$/, "");
}

async function loadCrc32(): Promise<Crc32> {
  // Bun's own is there at once; loading zlib costs a millisecond.
  if (typeof Bun !== "undefined") return Bun.hash.crc32;
  return (await import("node:zlib")).crc32;
}

function uuidV7(unixMs: number): string {
  const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(16)));
  bytes.writeUIntBE(unixMs, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
