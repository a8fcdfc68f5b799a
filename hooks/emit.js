// Made from hooks/emit.ts by `bun run build:hook`.
// hooks/emit.ts
import * as fs4 from "node:fs";

// schema/names.ts
var SPOOL_FOLDER = "spool", SPOOL_INLINE_LIMIT_BYTES = 4194304;
function dataDirectory(env) {
  if (env.HALL_DATA_DIR)
    return env.HALL_DATA_DIR;
  if (env.XDG_DATA_HOME)
    return `${env.XDG_DATA_HOME}/hall-monitor`;
  return env.HOME ? `${env.HOME}/.local/share/hall-monitor` : void 0;
}
function secondDirectory(env, dataDir, uid) {
  if (env.XDG_RUNTIME_DIR)
    return `${env.XDG_RUNTIME_DIR}/hall-monitor`;
  if (!dataDir?.startsWith("/") || uid === void 0)
    return;
  return `/dev/shm/hall-monitor-${uid}${dataDir.replace(/\/+$/, "").replaceAll("/", "%")}`;
}
function spoolSegment(unixMs) {
  return `${new Date(unixMs).toISOString().slice(0, 16).replace(/[-T:]/g, "")}.log`;
}
function spoolHeader(kind, id, unixMs, bytes) {
  return `${kind} ${id} ${unixMs} ${bytes}`;
}

// hooks/append.ts
import * as fs from "node:fs";
var NEWLINE = 10, LOST_FILE = "lost";
function spoolHomes(env) {
  let data = dataDirectory(env);
  return [data, secondDirectory(env, data, process.getuid?.())].filter(isUsablePath).map(withoutSlash);
}
function openSpool(folder) {
  let spool = `${folder}/${SPOOL_FOLDER}`;
  if (ensurePrivate(folder), ensurePrivate(spool))
    keepRoomForLosses(spool);
  return spool;
}
function keepRoomForLosses(spool) {
  if (!fs.existsSync(`${spool}/${LOST_FILE}`))
    appendOnce(`${spool}/${LOST_FILE}`, Buffer.of(NEWLINE));
}
function appendRecord(spool, { id, unix_ms }, { kind, body }, crc32) {
  let covered = Buffer.concat([Buffer.from(`${spoolHeader(kind, id, unix_ms, body.length)}
`), body]), sum = crc32(covered).toString(16).padStart(8, "0"), head = Buffer.from(`
${kind} ${id} ${unix_ms} ${sum} ${body.length} `);
  appendOnce(`${spool}/${spoolSegment(unix_ms)}`, Buffer.concat([head, body, Buffer.of(NEWLINE)]));
}
function appendOnce(path, bytes) {
  let { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants, fd = fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0), 384);
  try {
    let stat = fs.fstatSync(fd);
    if (!stat.isFile() || stat.nlink !== 1 || !isOurs(stat))
      throw Error("not a file of ours");
    if (fs.writeSync(fd, bytes) !== bytes.length)
      throw Error("short write");
  } finally {
    fs.closeSync(fd);
  }
}
function ensurePrivate(folder) {
  let stat = fs.lstatSync(folder, { throwIfNoEntry: !1 }), isMade = !stat && fs.mkdirSync(folder, { recursive: !0, mode: 448 }) !== void 0;
  if (stat ??= fs.lstatSync(folder), stat.isSymbolicLink() && (isOurs(stat) || stat.uid === 0))
    stat = fs.statSync(folder);
  if (!stat.isDirectory() || (stat.mode & 18) !== 0 || !isOurs(stat))
    throw Error("not a folder of ours");
  return isMade;
}
async function loadCrc32() {
  if (typeof Bun < "u")
    return Bun.hash.crc32;
  return (await import("node:zlib")).crc32;
}
function uuidV7(unixMs) {
  let bytes = Buffer.alloc(16);
  return bytes.writeUIntBE(unixMs, 0, 6), bytes.writeUInt16BE(28672 | Math.floor(Math.random() * 4096), 6), bytes.writeUInt32BE(Math.floor(Math.random() * 4294967296), 8), bytes[8] = bytes[8] & 63 | 128, bytes.writeUInt32BE(process.pid >>> 0, 12), bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
function isOurs(stat) {
  return process.getuid === void 0 || stat.uid === process.getuid();
}
function isUsablePath(path) {
  return path !== void 0 && /^([\\/]|[A-Za-z]:[\\/])/.test(path);
}
function withoutSlash(path) {
  return path.replace(/[\\/]+$/, "");
}

// hooks/autostart.ts
import * as fs3 from "node:fs";

// hooks/regular.ts
import * as fs2 from "node:fs";

class NotRegular extends Error {
  code = "not_a_file";
  constructor(path) {
    super(`${path} is not a regular file`);
  }
}
function openRegular(path, links, use = "read") {
  let { O_NOFOLLOW, O_NONBLOCK } = fs2.constants, stat = links === "own" ? fs2.lstatSync(path, NO_THROW) : fs2.statSync(path, NO_THROW);
  if (stat && !stat.isFile())
    throw new NotRegular(path);
  let noFollow = links === "own" ? O_NOFOLLOW ?? 0 : 0, fd = fs2.openSync(path, flagsOf(use) | noFollow | (O_NONBLOCK ?? 0), 384);
  if (fs2.fstatSync(fd).isFile())
    return fd;
  throw fs2.closeSync(fd), new NotRegular(path);
}
function flagsOf(use) {
  let { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_TRUNC } = fs2.constants;
  if (use === "read")
    return O_RDONLY;
  if (use === "change")
    return O_RDWR;
  return use === "append" ? O_RDWR | O_APPEND | O_CREAT : O_WRONLY | O_CREAT | O_TRUNC;
}
var NO_THROW = { throwIfNoEntry: !1 };
function readRegular(path, links) {
  let fd = openRegular(path, links);
  try {
    return fs2.readFileSync(fd);
  } finally {
    fs2.closeSync(fd);
  }
}

// hooks/autostart.ts
var OFF = ["", "false", "0", "no", "off"], FRESH_MS = 60000, DAEMON_ENV = /^(HALL_.*|XDG_.*|LC_.*|HOME|PATH|USER|LOGNAME|SHELL|LANG|TZ|TMPDIR|BUN_INSTALL|CLAUDE_CONFIG_DIR|CODEX_HOME|CODEX_SESSIONS_DIR|ENABLE_CODEX_SOURCE|CLAUDE_STATUS_PATH|CODEX_STATUS_PATH|CODEX_CA_CERTIFICATE|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|(HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy)$/;
async function startDaemon(folder, root) {
  let wish = process.env.HALL_AUTOSTART;
  if (wish !== void 0 && OFF.includes(wish.toLowerCase()))
    return;
  let command = daemonCommand(root);
  if (command === void 0 || isDaemonAlive(folder))
    return;
  let { spawn } = await import("node:child_process"), [file, ...args] = command, env = Object.fromEntries(Object.entries(process.env).filter(([name]) => DAEMON_ENV.test(name)));
  spawn(file, args, { cwd: folder, detached: !0, stdio: "ignore", env }).unref();
}
function daemonCommand(root) {
  let launcher = `${root}/bin/hall-monitor`;
  if (!(fs3.existsSync(`${root}/cli/main.js`) || fs3.existsSync(`${root}/node_modules`)) || !fs3.existsSync(launcher))
    return;
  return [process.platform === "win32" ? "sh" : "/bin/sh", launcher, "start", "--from-hook"];
}
function isDaemonAlive(folder) {
  try {
    let path = `${folder}/daemon.json`;
    if (Math.abs(Date.now() - fs3.lstatSync(path).mtimeMs) > FRESH_MS)
      return !1;
    let { pid } = JSON.parse(readRegular(path, "own").toString("utf8"));
    if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0)
      return !1;
    return process.kill(pid, 0), !0;
  } catch {
    return !1;
  }
}

// hooks/stdin.ts
function readPayload() {
  let chunks = [], bytes = 0;
  return new Promise((resolve) => {
    let finish = () => {
      clearTimeout(timer), resolve(withoutNewline(Buffer.concat(chunks)));
    }, take = (chunk) => {
      if (chunks.push(chunk), bytes += chunk.length, chunk.at(-1) === 10 || bytes >= 67108864)
        finish();
    }, timer = setTimeout(finish, 1000);
    if (typeof Bun > "u")
      process.stdin.on("data", take).on("end", finish).on("error", finish);
    else
      readOn(take).then(finish, finish);
  });
}
async function readOn(take) {
  for await (let chunk of Bun.stdin.stream())
    take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
}
function withoutNewline(bytes) {
  return bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes;
}

// hooks/emit.ts
var firedUnixMs = Date.now();
for (let signal of ["SIGTERM", "SIGHUP", "SIGINT"])
  process.on(signal, () => {});
process.umask(63);
var NEWLINE2 = 10, WATCHDOG_MS = 1500, [firstWord, ...moreWords] = process.argv.slice(2), agent = firstWord === "codex" ? "codex" : "claude", isToStart = moreWords.includes("start") || firstWord === "SessionStart", [LINE, FILE] = agent === "codex" ? ["codex-hook/1", "codex-hook-file/1"] : ["hook/1", "hook-file/1"];
process.on("uncaughtException", leave);
process.on("unhandledRejection", leave);
setTimeout(leave, WATCHDOG_MS);
main().then(leave, leave);
async function main() {
  if (firstWord === "start")
    return startDaemonOf(spoolHomes(process.env)[0]);
  let id = uuidV7(firedUnixMs), payload = await readPayload();
  if (payload.length === 0)
    return;
  let crc32 = await loadCrc32(), folders = spoolHomes(process.env), folder = folders.find((candidate) => tryRecord(candidate, { id, unix_ms: firedUnixMs, payload }, crc32));
  if (folder === void 0)
    countLoss(folders);
  else if (isToStart && folder === folders[0])
    await startDaemonOf(folder);
}
function leave() {
  process.exit(0);
}
function tryRecord(folder, delivery, crc32) {
  try {
    let spool = openSpool(folder), { payload } = delivery;
    if (payload.length > SPOOL_INLINE_LIMIT_BYTES || payload.includes(NEWLINE2))
      recordBeside(spool, delivery, crc32);
    else
      appendRecord(spool, delivery, { kind: LINE, body: payload }, crc32);
    return !0;
  } catch {
    return !1;
  }
}
function recordBeside(spool, delivery, crc32) {
  let name = `${delivery.id}.json`, temporary = `${spool}/big/${delivery.id}.tmp`;
  ensurePrivate(`${spool}/big`);
  try {
    let fd = fs4.openSync(temporary, "wx", 384);
    try {
      for (let at = 0;at < delivery.payload.length; )
        at += fs4.writeSync(fd, delivery.payload, at);
    } finally {
      fs4.closeSync(fd);
    }
    fs4.renameSync(temporary, `${spool}/big/${name}`), appendRecord(spool, delivery, { kind: FILE, body: Buffer.from(name) }, crc32);
  } catch (cause) {
    throw fs4.rmSync(temporary, { force: !0 }), fs4.rmSync(`${spool}/big/${name}`, { force: !0 }), cause;
  }
}
function countLoss(folders) {
  for (let folder of folders)
    try {
      appendOnce(`${openSpool(folder)}/${LOST_FILE}`, Buffer.from("."));
      return;
    } catch {}
}
async function startDaemonOf(folder) {
  if (folder === void 0)
    return;
  ensurePrivate(folder), await startDaemon(folder, (process.argv[1] ?? "").replace(/[\\/]hooks[\\/][^\\/]*$/, ""));
}
