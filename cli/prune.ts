import type { Config } from "../schema/config.ts";
import { archiveFolder, openDatabase, openReader } from "../store/database.ts";
import { takeLock } from "../store/lock.ts";
import { createPruner, type PrunePlan } from "../store/retention.ts";

/** Lists what may be pruned. */
export async function planPrune(config: Config, before_unix_ms: number): Promise<PrunePlan> {
  const db = openReader(config.data_dir);
  try {
    return await createPruner(db, archiveFolder(config.data_dir)).plan(before_unix_ms);
  } finally {
    db.close();
  }
}

export async function pruneNow(config: Config, before_unix_ms: number): Promise<number> {
  const lock = takeLock(config.data_dir);
  try {
    const db = openDatabase(config.data_dir);
    try {
      return await createPruner(db, archiveFolder(config.data_dir)).prune(before_unix_ms);
    } finally {
      db.close();
    }
  } finally {
    lock.release();
  }
}
