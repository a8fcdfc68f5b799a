import type { Database } from "bun:sqlite";
import { archiveFiles, readLines } from "./archive-files.ts";
import { type PlacedLine, toArchiveLine } from "./archive-lines.ts";
import { changedRows } from "./archive-rows.ts";
import type { Price } from "./commit-requests.ts";
import { createRestorer, type Restored } from "./restore.ts";

export type ArchiveRestored = Restored & {
  files: number;
  lines: number;
  /** Lines that could not be used; their neighbours were. */
  damaged_lines: number;
  damaged_files: string[];
};

/** The last row that both know is not the same in the two of them. */
export class Diverged extends Error {}

/**
 * Plays the archive into its own database: all of it into an empty one, else what follows its last row. Throws
 * `Diverged` before anything is written when the two do not continue each other.
 */
export async function restoreArchive(db: Database, folder: string, price: Price): Promise<ArchiveRestored> {
  const restorer = createRestorer(db, price, true);
  const from = restorer.lastSeq();
  const anchor = idAt(db, from);
  let isAnchored = from === 0;
  const sum = { files: 0, lines: 0, damaged_lines: 0, damaged_files: [] as string[] };

  function isNews({ line, position, is_changed }: PlacedLine): boolean {
    if (is_changed) return position >= from;
    if (position === from && idOf(line) === anchor) isAnchored = true;
    return position > from;
  }

  function play(lines: { text: string }[]): void {
    const placed = lines.map(({ text }) => toArchiveLine(text));
    sum.lines += lines.length;
    sum.damaged_lines += placed.filter((p) => p === undefined).length;
    const news = placed.filter((p) => p !== undefined).filter(isNews);
    if (news.length === 0) return;
    if (!isAnchored) throw new Diverged(`the archive does not know row ${from} of the database`);
    restorer.inTransaction(() => {
      for (const { line } of news) restorer.put(line);
    });
  }

  for (const { path } of archiveFiles(folder)) {
    sum.files++;
    try {
      for await (const lines of readLines(path)) play(lines);
    } catch (error) {
      if (typeof (error as { code?: unknown }).code !== "string" || isOfDatabase(error)) throw error;
      sum.damaged_files.push(path);
    }
  }
  if (from === 0) db.transaction(() => changedRows(db).markAll(restorer.lastSeq())).immediate();
  return { ...sum, ...restorer.restored };
}

function isOfDatabase(error: unknown): boolean {
  return String((error as { code?: string }).code).startsWith("SQLITE");
}

function idAt(db: Database, seq: number): string | undefined {
  return db.query<{ event_id: string }, [number]>("select event_id from feed where seq = ?").get(seq)
    ?.event_id;
}

function idOf(line: PlacedLine["line"]): string | undefined {
  if (line.kind === "event") return line.event_id;
  return line.kind === "request" ? line.request_key : undefined;
}
