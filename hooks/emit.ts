/**
 * What the agent runs on every hook event: one payload in, one record appended to the spool. Whatever
 * happens it prints nothing and exits 0, because exit code 2 and output would steer the agent.
 */
import * as fs from "node:fs";
import { SPOOL_INLINE_LIMIT_BYTES, type SpoolKind } from "../schema/names.ts";
import {
  appendOnce,
  appendRecord,
  type Crc32,
  ensurePrivate,
  loadCrc32,
  openSpool,
  spoolHomes,
  uuidV7,
} from "./append.ts";
import { startDaemon } from "./autostart.ts";
import { readPayload } from "./stdin.ts";

// Payloads carry neither a time nor an identity: both are this process's, and taken before anything can wait.
const firedUnixMs = Date.now();

const NEWLINE = 0x0a;
const WATCHDOG_MS = 1500;

type Delivery = { id: string; unix_ms: number; payload: Buffer };

process.on("uncaughtException", leave);
process.on("unhandledRejection", leave);
setTimeout(leave, WATCHDOG_MS);
main().then(leave, leave);

async function main(): Promise<void> {
  const id = uuidV7(firedUnixMs);
  const payload = await readPayload();
  if (payload.length === 0) return;
  const crc32 = await loadCrc32();
  const folders = spoolHomes(process.env);
  const folder = folders.find((candidate) =>
    tryRecord(candidate, { id, unix_ms: firedUnixMs, payload }, crc32),
  );
  if (folder === undefined) countLoss(folders);
  else if (process.argv[2] === "SessionStart" && folder === folders[0])
    await startDaemon(folder, productRoot());
}

function leave(): void {
  process.exit(0);
}

function tryRecord(folder: string, delivery: Delivery, crc32: Crc32): boolean {
  try {
    const spool = openSpool(folder);
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

/** The first counter that can be written takes the loss, so the sum over all counters is the number of losses. */
function countLoss(folders: string[]): void {
  for (const folder of folders) {
    try {
      appendOnce(`${openSpool(folder)}/lost`, Buffer.from("."));
      return;
    } catch {
      // The next folder may take it; after the last there is nobody left to tell.
    }
  }
}

function productRoot(): string {
  return (process.argv[1] ?? "").replace(/[\\/]hooks[\\/][^\\/]*$/, "");
}
