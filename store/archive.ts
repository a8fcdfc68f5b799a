import type { Database } from "bun:sqlite";
import { closeSync, fdatasyncSync, ftruncateSync, writeSync } from "node:fs";
import { openRegular } from "../hooks/regular.ts";
import { dayOf, lastArchived, lastLine, plainPath, repairTail } from "./archive-files.ts";
import { type ChangedPage, changedRows, sequencedRows } from "./archive-rows.ts";
import { archiveFolder, ensurePrivateFolder } from "./database.ts";
import { checkLine, sealLine } from "./line-sum.ts";
import { lastStoredSeq } from "./store.ts";

const BATCH_ROWS = 2000;
/** A session or tool call that changes often is archived again once in this time. */
const CHANGES_EVERY_MS = 10_000;

/**
 * Daily JSONL of what was accepted, one file per UTC day of its writing: events and requests in the order of
 * `seq`, and sessions, tool calls and the like whenever they changed (`after_seq`). It is written from the
 * database after the commit, so a crash leaves at worst a tail to write again; how far it is is read from the
 * files themselves.
 */
export function createArchive(db: Database, dataDir: string) {
  const folder = archiveFolder(dataDir);
  ensurePrivateFolder(folder);
  const rowsAfter = sequencedRows(db);
  const changes = changedRows(db);
  // A number beyond the database's own is a damaged line's: what really is beyond was put back before this.
  let last = lastArchived(folder, lastStoredSeq(db));
  let quietUntil = 0;
  if (last < changes.archivedSeq()) db.transaction(() => changes.startOver()).immediate();

  const appendChanges = db.transaction((page: ChangedPage, nowUnixMs: number) => {
    write(plainPath(folder, dayOf(nowUnixMs)), page.lines);
    page.settle();
  });

  return {
    folder,
    lastSeq: () => last,
    /** Appends one batch of so many rows and syncs it; false when there was nothing to append. */
    append(nowUnixMs: number, batch_rows = BATCH_ROWS): boolean {
      const rows = rowsAfter(last, batch_rows);
      if (rows.length > 0) {
        write(
          plainPath(folder, dayOf(nowUnixMs)),
          rows.map((row) => row.line),
        );
        last = rows.at(-1)!.seq;
        return true;
      }
      if (performance.now() < quietUntil) return false;
      const page = changes.page(last, batch_rows);
      if (page.lines.length === 0) quietUntil = performance.now() + CHANGES_EVERY_MS;
      else appendChanges.immediate(page, nowUnixMs);
      return page.lines.length > 0;
    },
    /** Before an end: what changed is not waited with. */
    hurry(): void {
      quietUntil = 0;
    },
  };
}

export type Archive = ReturnType<typeof createArchive>;

/** All of the lines or none: what a full disk took of them is taken back. */
function write(path: string, lines: string[]): void {
  const fd = openRegular(path, "own", "append");
  try {
    const size = repairTail(fd);
    let { chain } = checkLine(lastLine(fd, size).text, "");
    const bytes = Buffer.from(
      lines
        .map((body) => {
          const sealed = sealLine(body, chain);
          chain = sealed.chain;
          return `${sealed.line}\n`;
        })
        .join(""),
    );
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      fdatasyncSync(fd);
    } catch (error) {
      ftruncateSync(fd, size);
      throw error;
    }
  } finally {
    closeSync(fd);
  }
}
