import { closeSync, ftruncateSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { maskJson } from "../../hooks/redact/mask.ts";
import { topString } from "../../hooks/redact/payload.ts";
import { openRegular } from "../../hooks/regular.ts";
import { spoolHeader } from "../../schema/names.ts";
import { parseRecord, type SpoolRecord } from "./spool-record.ts";

const NEWLINE = 0x0a;
const IDS = ["session_id", "thread_id", "agent_id"];

/**
 * Removes the text of these sessions from the spool. Each record keeps its place and length, so that cursors stay valid
 * and hooks can keep writing.
 */
export function purgeSpool(root: string, sessionIds: ReadonlySet<string>): void {
  for (const name of namesIn(root).filter((entry) => entry.endsWith(".log")))
    purgeSegment(root, join(root, name), sessionIds);
}

function purgeSegment(root: string, path: string, sessionIds: ReadonlySet<string>): void {
  const bytes = readFileSync(path);
  const isOf = (text: string) => IDS.some((name) => sessionIds.has(topString(text, name) ?? ""));
  for (let start = 0, end: number; start < bytes.length; start = end + 1) {
    end = bytes.indexOf(NEWLINE, start);
    if (end < 0) end = bytes.length;
    const record = parseRecord(bytes, start, end);
    if (!record.ok) continue;
    if (record.kind.endsWith("hook-file/1")) purgeBeside(root, record, isOf);
    else if (isOf(record.body.toString("utf8"))) put(path, start, masked(record));
  }
}

/** A mask is never longer; blanks after it do not belong to the JSON value. */
function masked(record: SpoolRecord): Buffer {
  const { kind, event_id, time_unix_ms, body } = record;
  const bare = Buffer.alloc(body.length, " ");
  bare.write(maskJson(body.toString("utf8")));
  const sum = crc32(bare, crc32(`${spoolHeader(kind, event_id, time_unix_ms, bare.length)}\n`));
  const head = `${kind} ${event_id} ${time_unix_ms} ${sum.toString(16).padStart(8, "0")} ${bare.length} `;
  return Buffer.concat([Buffer.from(head), bare]);
}

function purgeBeside(root: string, { body }: SpoolRecord, isOf: (text: string) => boolean): void {
  const name = body.toString("utf8");
  if (!/^[\w-]+\.json$/.test(name) || !namesIn(join(root, "big")).includes(name)) return;
  const path = join(root, "big", name);
  const text = readFileSync(path, "utf8");
  if (!isOf(text)) return;
  const bare = Buffer.from(maskJson(text));
  put(path, 0, bare, bare.length);
}

function put(path: string, at: number, bytes: Buffer, size?: number): void {
  const fd = openRegular(path, "own", "change");
  try {
    writeSync(fd, bytes, 0, bytes.length, at);
    if (size !== undefined) ftruncateSync(fd, size);
  } finally {
    closeSync(fd);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
