import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { type Bus, createBus } from "../collector/bus.ts";
import { createCollector, type Slice } from "../collector/collector.ts";
import type { ReadLog } from "../collector/counters.ts";
import type { Root } from "../collector/discover.ts";
import { claude } from "../collector/sources/claude/source.ts";
import { codex } from "../collector/sources/codex/source.ts";
import { spool } from "../collector/sources/spool.ts";
import type { Config } from "../schema/config.ts";
import { createArchive } from "../store/archive.ts";
import { cost } from "../store/cost.ts";
import { ensurePrivateFolder, openDatabase } from "../store/database.ts";
import { takeLock } from "../store/lock.ts";
import { loadPriceBook } from "../store/price-book.ts";
import { createStore } from "../store/store.ts";

/** Opens everything that writes, once the lock is held: the lock makes this process the one writer. */
export function openPipeline(
  config: Config,
  slices: { live: Slice; history: Slice },
  onProgress?: () => void,
  log?: (line: ReadLog) => void,
) {
  const lock = takeLock(config.data_dir);
  try {
    for (const root of config.spool_roots.slice(0, 1)) ensurePrivateFolder(root);
    const db = openDatabase(config.data_dir);
    // A longer wait inside SQLite would hold up every answer; the collector waits by itself.
    db.run("pragma busy_timeout = 100");
    const book = loadPriceBook(join(config.data_dir, "config.json"));
    const store = createStore(db, (request) => cost(book, request));
    const bus: Bus = createBus();
    const collector = createCollector({
      roots: roots(config),
      store,
      bus,
      ...slices,
      ...(onProgress && { onProgress }),
      ...(log && { log }),
    });
    const archive = createArchive(db, config.data_dir);
    return {
      db,
      store,
      bus,
      collector,
      archive,
      book,
      close(): void {
        collector.close();
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
