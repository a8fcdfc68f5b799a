import { readdirSync } from "node:fs";
import type { Collector } from "../collector/collector.ts";
import type { Config } from "../schema/config.ts";
import { ImportFailed } from "../store/committer.ts";
import { DATABASE_FILE, toStoreError } from "../store/database.ts";
import type { DeferredSamples } from "../store/deferred-samples.ts";
import { openImport } from "../store/first-import.ts";
import { takeLock } from "../store/lock.ts";
import { openIngest, type Slices } from "./ingest.ts";

/** Fills a database that does not exist yet from all there is. Undefined if that can't be done in one go. */
export async function importFirst(
  config: Config,
  slices: Slices,
  onProgress: (collector: Collector) => void,
): Promise<{ collector: Collector; deferred: DeferredSamples | undefined } | undefined> {
  const hasSpool = config.spool_roots.some(hasFiles);
  const spool = hasSpool ? (await import("../collector/sources/spool.ts")).createSpool : undefined;
  const lock = takeLock(config.data_dir);
  try {
    const target = openImport(config.data_dir);
    const { collector, store } = openIngest(config, target.db, {
      ...slices,
      spool,
      isImport: true,
      onProgress: () => onProgress(collector),
    });
    try {
      await collector.drain();
      await target.publish();
      return { collector, deferred: store.deferred };
    } catch (error) {
      if (error instanceof ImportFailed || toStoreError(error, DATABASE_FILE).code !== "internal")
        return undefined;
      throw error;
    } finally {
      target.close();
    }
  } finally {
    lock.release();
  }
}

function hasFiles(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch {
    return false;
  }
}
