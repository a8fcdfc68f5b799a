import type { Database } from "bun:sqlite";
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { type Bus, createBus } from "../collector/bus.ts";
import {
  type Collector,
  type CollectorOptions,
  createCollector,
  type Slice,
} from "../collector/collector.ts";
import type { ReadLog } from "../collector/counters.ts";
import type { Root } from "../collector/discover.ts";
import { claude } from "../collector/sources/claude/source.ts";
import { codex } from "../collector/sources/codex/source.ts";
import { spool } from "../collector/sources/spool.ts";
import type { Config } from "../schema/config.ts";
import { createArchive } from "../store/archive.ts";
import { cost } from "../store/cost.ts";
import { DATABASE_FILE, ensurePrivateFolder, openDatabase, toStoreError } from "../store/database.ts";
import { dropImport, openImport } from "../store/first-import.ts";
import { takeLock } from "../store/lock.ts";
import { loadPriceBook } from "../store/price-book.ts";
import { createStore, ImportFailed, type LateLimits } from "../store/store.ts";

type Slices = { live: Slice; history: Slice };

/**
 * Opens everything that writes, once the lock is held: the lock makes this process the one writer. `late` is what a
 * first import of this process has put off.
 */
export function openPipeline(
  config: Config,
  slices: Slices,
  onProgress?: () => void,
  log?: (line: ReadLog) => void,
  late?: LateLimits,
) {
  const lock = takeLock(config.data_dir);
  try {
    dropImport(config.data_dir);
    const db = openDatabase(config.data_dir);
    // A longer wait inside SQLite would hold up every answer; the collector waits by itself.
    db.run("pragma busy_timeout = 100");
    const filler = openFiller(config, db, { ...slices, onProgress, log }, { late });
    const archive = createArchive(db, config.data_dir);
    return {
      db,
      ...filler,
      archive,
      close(): void {
        filler.collector.close();
        db.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
export type Pipeline = ReturnType<typeof openPipeline>;

/** Everything between the sources and a database. */
function openFiller(
  config: Config,
  db: Database,
  options: Omit<CollectorOptions, "roots" | "store" | "bus">,
  { isImport = false, late }: { isImport?: boolean; late?: LateLimits | undefined },
) {
  for (const root of config.spool_roots.slice(0, 1)) ensurePrivateFolder(root);
  const book = loadPriceBook(join(config.data_dir, "config.json"));
  const store = createStore(db, (request) => cost(book, request), { isImport });
  if (!isImport) store.putLate(late, Date.now());
  const bus: Bus = createBus();
  const collector = createCollector({ roots: roots(config), store, bus, ...options });
  return { store, bus, collector, book };
}

/** Fills a database that does not exist yet from all there is. Undefined if that can't be done in one go. */
export async function importFirst(
  config: Config,
  slices: Slices,
  onProgress: (collector: Collector) => void,
): Promise<{ collector: Collector; late: LateLimits | undefined } | undefined> {
  const lock = takeLock(config.data_dir);
  try {
    const target = openImport(config.data_dir);
    const options = { ...slices, helps: true, onProgress: () => onProgress(collector) };
    const { collector, store } = openFiller(config, target.db, options, { isImport: true });
    try {
      await collector.drain();
      await target.publish();
      return { collector, late: store.late };
    } catch (error) {
      if (error instanceof ImportFailed || toStoreError(error, DATABASE_FILE).code !== "internal")
        return undefined;
      throw error;
    } finally {
      collector.close();
      target.close();
    }
  } finally {
    lock.release();
  }
}

function roots(config: Config): Root[] {
  return [
    ...config.spool_roots.map((path) => ({ source: spool, path: real(path) })),
    ...config.claude_roots.map((path) => ({ source: claude, path: real(path) })),
    ...config.codex_roots.map((path) => ({ source: codex, path: real(path) })),
  ];
}

/** One folder under two names is one folder. */
function real(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
