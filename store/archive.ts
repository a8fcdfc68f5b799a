import type { Database } from "bun:sqlite";
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { ensurePrivateFolder } from "./database.ts";

const BATCH_ROWS = 2000;
const NEWLINE = 10;

type ArchivedRow = { seq: number; kind: "event" | "request" } & Record<string, unknown>;

/**
 * Daily JSONL of what was accepted, in the order of `seq`, one file per UTC day of its writing. It is written
 * from the database after the commit, so a crash leaves at worst a tail to write again; how far it is is read
 * from the files themselves.
 */
export function createArchive(db: Database, dataDir: string) {
  const folder = join(dataDir, "archive");
  ensurePrivateFolder(folder);
  const events = db.query<Record<string, unknown> & { seq: number }, [number, number]>(`
    select e.seq, e.event_id, s.source_session_id as session_id, e.event_type, e.source, e.origin, e.time_unix_ms,
      s.project_path, e.agent_id, e.prompt_id, e.tool_name, e.tool_use_id, e.data
    from events e join sessions s using (session_pk) where e.seq > ? order by e.seq limit ?`);
  const requests = db.query<Record<string, unknown> & { seq: number }, [number, number]>(`
    select r.*, s.source_session_id as session_id, s.project_path, f.path
    from requests r join sessions s using (session_pk) left join files f using (file_pk)
    where r.seq > ? order by r.seq limit ?`);
  let last = lastArchived(folder);

  /** The next rows of both tables in one order; the shorter page bounds how far both may be used. */
  function page(): ArchivedRow[] {
    const e = events.all(last, BATCH_ROWS);
    const r = requests.all(last, BATCH_ROWS);
    const bound = Math.min(
      e.length === BATCH_ROWS ? e.at(-1)!.seq : Number.POSITIVE_INFINITY,
      r.length === BATCH_ROWS ? r.at(-1)!.seq : Number.POSITIVE_INFINITY,
    );
    const rows: ArchivedRow[] = [
      ...e.map((row) => ({
        ...row,
        kind: "event" as const,
        data: JSON.parse(row.data as string) as unknown,
      })),
      ...r.map(({ session_pk: _s, file_pk: _f, owner_rank: _o, ...row }) => ({
        ...row,
        kind: "request" as const,
        seq: row.seq as number,
      })),
    ];
    return rows.filter((row) => row.seq <= bound).sort((a, b) => a.seq - b.seq);
  }

  return {
    lastSeq: () => last,
    /** Appends one batch and syncs it; false when there was nothing to append. */
    append(nowUnixMs: number): boolean {
      const rows = page();
      if (rows.length === 0) return false;
      const text = rows.map((row) => `${JSON.stringify(withoutNulls(row))}\n`).join("");
      const fd = openSync(
        join(folder, `${new Date(nowUnixMs).toISOString().slice(0, 10)}.jsonl`),
        "a+",
        0o600,
      );
      try {
        repairTail(fd);
        appendWhole(fd, Buffer.from(text));
      } finally {
        closeSync(fd);
      }
      last = rows.at(-1)!.seq;
      return true;
    },
  };
}

function withoutNulls(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, v]) => v !== null));
}

/** All of it or nothing: on a full disk some lines would go in and later stand there twice. */
function appendWhole(fd: number, bytes: Buffer): void {
  const { size } = fstatSync(fd);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fdatasyncSync(fd);
  } catch (error) {
    ftruncateSync(fd, size);
    throw error;
  }
}

/** A write that was cut short left half a line: it is removed, its rows are written again. */
function repairTail(fd: number): void {
  const { size } = fstatSync(fd);
  const end = endOfLastLine(fd, size);
  if (end < size) ftruncateSync(fd, end);
}

function endOfLastLine(fd: number, size: number): number {
  const bytes = Buffer.allocUnsafe(64 * 1024);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - bytes.length);
    const got = readSync(fd, bytes, 0, end - from, from);
    const at = bytes.subarray(0, got).lastIndexOf(NEWLINE);
    if (at >= 0) return from + at + 1;
    end = from;
  }
  return 0;
}

/** The highest `seq` of all days: after a clock went back the newest lines stand in an older day's file. */
function lastArchived(folder: string): number {
  const days = readdirSync(folder).filter((n) => /^\d{4}-\d\d-\d\d\.jsonl$/.test(n));
  return Math.max(0, ...days.map((day) => lastOfDay(join(folder, day))));
}

function lastOfDay(path: string): number {
  const fd = openSync(path, "r+");
  try {
    repairTail(fd);
    const { size } = fstatSync(fd);
    if (size === 0) return 0;
    const from = endOfLastLine(fd, size - 1);
    const line = Buffer.alloc(size - from);
    readSync(fd, line, 0, line.length, from);
    const seq = (JSON.parse(line.toString("utf8")) as { seq?: unknown }).seq;
    return typeof seq === "number" ? seq : 0;
  } catch {
    // A damaged last line: its day is written again from what the other days hold.
    return 0;
  } finally {
    closeSync(fd);
  }
}
