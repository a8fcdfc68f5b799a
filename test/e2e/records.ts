import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { SPOOL_FOLDER, type SpoolKind, spoolHeader, spoolSegment } from "../../schema/names.ts";

/** A spool record as a hook process leaves it, for volumes that processes would take minutes for. */
export function spoolRecord(
  event_id: string,
  payload: object,
  unixMs = Date.now(),
  kind: SpoolKind = "hook/1",
): Buffer {
  const body = Buffer.from(JSON.stringify(payload));
  const sum = crc32(body, crc32(`${spoolHeader(kind, event_id, unixMs, body.length)}\n`));
  const head = `\n${kind} ${event_id} ${unixMs} ${sum.toString(16).padStart(8, "0")} ${body.length} `;
  return Buffer.concat([Buffer.from(head), body, Buffer.from("\n")]);
}

/** Appends records to the segment of this minute, each by one write. */
export function appendRecords(dataDir: string, records: Buffer[]): void {
  mkdirSync(join(dataDir, SPOOL_FOLDER), { recursive: true, mode: 0o700 });
  const segment = join(dataDir, SPOOL_FOLDER, spoolSegment(Date.now()));
  for (const record of records) appendFileSync(segment, record, { mode: 0o600 });
}

export function toolStarted(session: string, toolUseId: string): object {
  return {
    session_id: session,
    hook_event_name: "PreToolUse",
    cwd: "/w/app",
    tool_name: "Bash",
    tool_use_id: toolUseId,
    tool_input: { command: `echo ${toolUseId}` },
  };
}
