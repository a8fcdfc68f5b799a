import { join } from "node:path";
import type { ReadLog } from "../collector/counters.ts";
import { createPlanFollower } from "../collector/plans/follower.ts";
import { leaveForCarriers, loadCaptureSettings } from "../collector/redact/settings.ts";
import { createSpool } from "../collector/sources/spool.ts";
import type { Config } from "../schema/config.ts";
import { createArchive } from "../store/archive.ts";
import { openDatabase } from "../store/database.ts";
import { takeLock } from "../store/lock.ts";
import { openIngest, type Slices } from "./ingest.ts";

/**
 * Opens everything that writes, once the lock is held: the lock makes this process the one writer.
 */
export function openPipeline(
  config: Config,
  slices: Slices,
  onProgress?: () => void,
  log?: (line: ReadLog) => void,
) {
  const lock = takeLock(config.data_dir);
  try {
    const db = openDatabase(config.data_dir);
    // A longer wait inside SQLite would delay every response; the collector waits itself.
    db.run("pragma busy_timeout = 100");
    const ingest = openIngest(config, db, { ...slices, spool: createSpool, onProgress, log });
    const { store, bus, collector } = ingest;
    const capture = loadCaptureSettings(join(config.data_dir, "config.json"), config.capture);
    leaveForCarriers(config.data_dir, capture);
    const plans = createPlanFollower({
      store,
      bus,
      telemetry: collector.telemetry,
      settings: config.plans,
      capture,
    });
    const archive = createArchive(db, config.data_dir);
    return {
      db,
      ...ingest,
      plans,
      archive,
      capture,
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
