/**
 * What `hooks/hall` runs where `hooks/native/carrier.c` does not: one payload in, one record appended to the spool.
 * Whatever happens it prints nothing and exits 0, because exit code 2 and output would steer the agent.
 *
 *   emit.js claude|codex [start] [again]   records; `start` has the daemon started, too; `again`: a program that a
 *                                          signal ended may have read the payload
 *   emit.js start                  has the daemon started
 */
import * as fs from "node:fs";
import {
  dataDirectory,
  FIRST_HOOK_AGENT,
  HOOK_KINDS,
  isHookAgent,
  SPOOL_INLINE_LIMIT_BYTES,
} from "../schema/names.ts";
import {
  appendOnce,
  appendRecord,
  type Crc32,
  ensurePrivate,
  LOST_FILE,
  loadCrc32,
  openSpool,
  spoolHomes,
  uuidV7,
} from "./append.ts";
import { startDaemon } from "./autostart.ts";
import { protectPayload } from "./redact/protect.ts";
import { readPayload } from "./stdin.ts";

// Payloads carry neither a time nor an identity: both are this process's, and taken before anything can wait.
const firedUnixMs = Date.now();
// A client that exits sends these without waiting for their hooks.
for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) process.on(signal, () => {});
process.umask(0o077);

const NEWLINE = 0x0a;
/** Behind the longest wait for the payload, before the five seconds that a client grants. */
const WATCHDOG_MS = 4000;

type Delivery = { id: string; unix_ms: number; payload: Buffer };

const [firstWord, ...moreWords] = process.argv.slice(2);
const agent = isHookAgent(firstWord) ? firstWord : FIRST_HOOK_AGENT;
// The second form is used by settings that version 0.1 wrote.
const isToStart = moreWords.includes("start") || firstWord === "SessionStart";
const { line: LINE, file: FILE } = HOOK_KINDS[agent];

/** The event is recorded or counted as lost, or there was none. */
let isSettled = firstWord === "start";

process.on("uncaughtException", leave);
process.on("unhandledRejection", leave);
setTimeout(leave, WATCHDOG_MS);
main().then(leave, leave);

async function main(): Promise<void> {
  if (firstWord === "start") return startDaemonOf(spoolHomes(process.env)[0]);
  const id = uuidV7(firedUnixMs);
  const { payload: sent, is_silent } = await readPayload();
  if (sent.length === 0) {
    isSettled = !is_silent && !moreWords.includes("again");
    return;
  }
  const crc32 = await loadCrc32();
  const data = dataDirectory(process.env)?.replace(/\/+$/, "");
  const payload = protectPayload(sent, data, { env: process.env, agent, crc32 });
  const folders = spoolHomes(process.env);
  const folder = folders.find((candidate) =>
    tryRecord(candidate, { id, unix_ms: firedUnixMs, payload }, crc32),
  );
  isSettled = folder !== undefined;
  if (isToStart && isSettled && folder === folders[0]) await startDaemonOf(folder);
}

function leave(): void {
  if (!isSettled) countLoss(spoolHomes(process.env));
  process.exit(0);
}

function tryRecord(folder: string, delivery: Delivery, crc32: Crc32): boolean {
  try {
    const spool = openSpool(folder);
    const { payload } = delivery;
    // A record ends at a newline, so a body that has one inside has a file of its own, too.
    if (payload.length > SPOOL_INLINE_LIMIT_BYTES || payload.includes(NEWLINE))
      recordBeside(spool, delivery, crc32);
    else appendRecord(spool, delivery, { kind: LINE, body: payload }, crc32);
    return true;
  } catch {
    return false;
  }
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
    appendRecord(spool, delivery, { kind: FILE, body: Buffer.from(name) }, crc32);
  } catch (cause) {
    // A file that no record names would stay forever.
    fs.rmSync(temporary, { force: true });
    fs.rmSync(`${spool}/big/${name}`, { force: true });
    throw cause;
  }
}

/** The first counter that can be written takes the loss, so the sum over all counters is the number of losses. */
function countLoss(folders: string[]): void {
  for (const folder of folders) {
    try {
      appendOnce(`${openSpool(folder)}/${LOST_FILE}`, Buffer.from("."));
      return;
    } catch {
      // The next folder may be writable; after the last one there is nowhere left to report to.
    }
  }
}

async function startDaemonOf(folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  ensurePrivate(folder);
  await startDaemon(folder, (process.argv[1] ?? "").replace(/[\\/]hooks[\\/][^\\/]*$/, ""));
}
