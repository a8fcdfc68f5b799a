import type { Database } from "bun:sqlite";
import { type ArchiveTrust, noTrust, trustedLines } from "./archive-check.ts";
import { archiveFiles } from "./archive-files.ts";
import { type PlacedLine, toArchiveLine } from "./archive-lines.ts";
import { changedRows } from "./archive-rows.ts";
import { readSeals } from "./archive-seals.ts";
import { readLines } from "./line-bytes.ts";
import { checkLine } from "./line-sum.ts";
import type { CostOf } from "./request-rows.ts";
import { createRestorer } from "./restore.ts";
import type { Restored } from "./restore-lines.ts";

export type ArchiveRestored = Restored & ArchiveTrust & { files: number; damaged_files: string[] };

const ANCHOR_ROWS = 1000;

/** The last common row differs between the two. */
export class Diverged extends Error {}

/**
 * Replays the archive into its own database: all of it into an empty one, else what follows its last row. Throws
 * `Diverged` before anything is written if the two do not match.
 */
export async function restoreArchive(db: Database, folder: string, price: CostOf): Promise<ArchiveRestored> {
  const restorer = createRestorer(db, price, true);
  const from = restorer.lastSeq();
  const trust = noTrust();
  const sum = { files: 0, damaged_files: [] as string[] };
  let isAnchored = from === 0;

  function isNews({ line, position, is_changed }: PlacedLine): boolean {
    if (is_changed) return position >= from;
    // The nearest common row decides: the last one may be damaged.
    if (position <= from && position > from - ANCHOR_ROWS) isAnchored = idOf(line) === idAt(db, position);
    return position > from;
  }

  function play(lines: PlacedLine[]): void {
    const news = lines.filter(isNews);
    if (news.length === 0) return;
    if (!isAnchored) throw new Diverged(`row ${from} of the database is not in the archive`);
    restorer.commit(() => {
      for (const { line } of news) restorer.put(line);
    });
  }

  const seals = readSeals(folder);
  for (const { path, day } of await inOrder(folder)) {
    sum.files++;
    try {
      for await (const lines of trustedLines(folder, path, seals.get(day), trust)) {
        play(lines);
        await turn();
      }
    } catch (error) {
      if (typeof (error as { code?: unknown }).code !== "string" || isOfDatabase(error)) throw error;
      sum.damaged_files.push(path);
    }
  }
  if (from === 0) db.transaction(() => changedRows(db).markAll(restorer.lastSeq())).immediate();
  return { ...trust, ...sum, ...restorer.restored };
}

/** By the first number of each: if the clock was set back, days are in another order than rows. */
async function inOrder(folder: string) {
  const files = await Promise.all(
    archiveFiles(folder).map(async (file) => ({ ...file, first: await firstPosition(file.path) })),
  );
  return files.sort((a, b) => a.first - b.first);
}

async function firstPosition(path: string): Promise<number> {
  try {
    for await (const lines of readLines(path))
      for (const { text } of lines) {
        const { trust, body } = checkLine(text, "");
        const placed = trust === "broken" ? undefined : toArchiveLine(body);
        if (placed) return placed.position;
      }
  } catch {
    // Damage is reported during the replay.
  }
  return 0;
}

/** Other work can run in between. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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
