import type { Database } from "bun:sqlite";
import { dayOf, lastArchived, plainPath } from "./archive-files.ts";
import { type ChangedPage, changedRows, sequencedRows } from "./archive-rows.ts";
import { appendLines } from "./archive-write.ts";
import { lastStoredSeq } from "./committer.ts";
import { archiveFolder, ensurePrivateFolder } from "./database.ts";

const BATCH_ROWS = 2000;
/** A session or tool call that changes often is archived at most once in this time. */
const CHANGES_EVERY_MS = 10_000;

/**
 * Daily JSONL of what was accepted, one file per UTC day of its writing: events and requests in the order of `seq`, and
 * sessions, tool calls and the like whenever they changed (`after_seq`). It is written from the database after the
 * commit, so a crash leaves at worst a tail to write again; its progress is read from the files themselves.
 */
export function createArchive(db: Database, dataDir: string) {
  const folder = archiveFolder(dataDir);
  ensurePrivateFolder(folder);
  const rowsAfter = sequencedRows(db);
  const changes = changedRows(db);
  // A number above the database's own is from a damaged line: rows that really are ahead were restored before.
  let last = lastArchived(folder, lastStoredSeq(db));
  let quietUntil = 0;
  if (last < changes.archivedSeq()) db.transaction(() => changes.startOver()).immediate();

  const appendChanges = db.transaction((page: ChangedPage, nowUnixMs: number) => {
    appendLines(plainPath(folder, dayOf(nowUnixMs)), page.lines);
    page.settle();
  });

  return {
    folder,
    lastSeq: () => last,
    /** Appends one batch of so many rows and syncs it; false when there was nothing to append. */
    append(nowUnixMs: number, batch_rows = BATCH_ROWS): boolean {
      const rows = rowsAfter(last, batch_rows);
      if (rows.length > 0) {
        appendLines(
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
    /** Before the daemon ends: changed rows are archived without delay. */
    hurry(): void {
      quietUntil = 0;
    },
  };
}

export type Archive = ReturnType<typeof createArchive>;
