import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../schema/config.ts";
import { checkQueries } from "../store/checks.ts";
import { cost } from "../store/cost.ts";
import { archiveFolder, DATABASE_FILE, openDatabase } from "../store/database.ts";
import { takeLock } from "../store/lock.ts";
import { loadPriceBook, type PriceBook } from "../store/price-book.ts";
import { type ArchiveRestored, restoreArchive } from "../store/restore-archive.ts";
import { alertSettings } from "./alerts.ts";
import { limitSources } from "./limits.ts";
import { openPipeline } from "./pipeline.ts";

const SLICE = { rows: 5_000, bytes: 16 * 1024 * 1024 };

/** A new database from the archive, and then from whatever the agents and hooks have left. */
export async function rebuildDatabase(config: Config) {
  // Whatever config.json says is understood before anything is moved.
  limitSources(config);
  alertSettings(config);
  const book = loadPriceBook(join(config.data_dir, "config.json"));
  const { moved_to, archive } = await fromArchive(config, book);
  const pipeline = openPipeline(config, { live: SLICE, history: SLICE });
  try {
    await pipeline.collector.drain();
    pipeline.archive.hurry();
    while (pipeline.archive.append(Date.now()));
    const { requests_committed, events_committed, duplicates, rejects } =
      pipeline.collector.telemetry.counters;
    return {
      moved_to,
      archive,
      sources: {
        files: pipeline.collector.filesKnown(),
        requests: requests_committed,
        events: events_committed,
        known: duplicates,
        rejects,
      },
      stored: checkQueries(pipeline.db).stored(),
      problems: pipeline.collector.telemetry.problems(),
    };
  } finally {
    pipeline.close();
  }
}

async function fromArchive(
  config: Config,
  book: PriceBook,
): Promise<{ moved_to: string | null; archive: ArchiveRestored }> {
  const lock = takeLock(config.data_dir);
  try {
    const moved_to = moveAside(config.data_dir);
    const db = openDatabase(config.data_dir);
    try {
      const archive = await restoreArchive(db, archiveFolder(config.data_dir), (r) => cost(book, r));
      return { moved_to, archive };
    } finally {
      db.close();
    }
  } finally {
    lock.release();
  }
}

/** Its log goes with it: what stands only there could still be read by hand. */
function moveAside(dataDir: string): string | null {
  const path = join(dataDir, DATABASE_FILE);
  if (!existsSync(path)) return null;
  const aside = `${path}.corrupt-${new Date().toISOString().replace(/[-:]|\.\d+/g, "")}`;
  for (const suffix of ["-wal", "-shm", ""])
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return aside;
}
