import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../collector/telemetry.ts";
import type { Config } from "../schema/config.ts";
import { archiveFolder } from "../store/archive.ts";
import { lastArchived } from "../store/archive-files.ts";
import { cost } from "../store/cost.ts";
import { openDatabase } from "../store/database.ts";
import { takeLock } from "../store/lock.ts";
import { loadPriceBook } from "../store/price-book.ts";
import { Diverged, restoreArchive } from "../store/restore-archive.ts";

/**
 * A database that ends before its own archive has lost rows: a log that was cut off, a file that was emptied or
 * put back from a copy. They are put back before anything new takes their numbers.
 */
export async function recoverLostRows(config: Config): Promise<Problem | undefined> {
  const folder = archiveFolder(config.data_dir);
  if (!existsSync(folder)) return undefined;
  const lock = takeLock(config.data_dir);
  try {
    const db = openDatabase(config.data_dir);
    try {
      const stored = lastSeq(db);
      const archived = lastArchived(folder);
      if (archived <= stored) return undefined;
      const book = loadPriceBook(join(config.data_dir, "config.json"));
      const { events, requests } = await restoreArchive(db, folder, (request) => cost(book, request));
      return {
        code: "database_lost_rows",
        detail: `the database ended at row ${stored}, its archive at row ${archived}: ${events + requests} rows were put back`,
        hint: "nothing is to be done; if it happens again, look after the disk",
      };
    } finally {
      db.close();
    }
  } catch (error) {
    if (!(error instanceof Diverged)) throw error;
    return {
      code: "archive_diverged",
      detail: error.message,
      hint: `stop the daemon and run \`hall-monitor import ${folder}/*.jsonl*\`: it adds what the database lacks`,
    };
  } finally {
    lock.release();
  }
}

function lastSeq(db: ReturnType<typeof openDatabase>): number {
  return db.query<{ seq: number | null }, []>("select max(seq) as seq from feed").get()?.seq ?? 0;
}
