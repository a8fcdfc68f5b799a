import { Database } from "bun:sqlite";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../schema/errors.ts";
import { ensurePrivateFolder, toStoreError } from "./database.ts";

/**
 * One daemon per data directory. The kernel holds SQLite's lock on a file of its own and drops it when the
 * process dies, however it dies: no pid file can be stale.
 */
export function takeLock(dataDir: string): { release(): void } {
  ensurePrivateFolder(dataDir);
  // SQLite makes its side files itself, with the rights that the process gives to new files.
  process.umask(0o077);
  const path = join(dataDir, "lock.db");
  const db = new Database(path, { create: true });
  try {
    db.run("pragma busy_timeout = 0");
    db.run("pragma locking_mode = exclusive");
    db.run("begin exclusive");
    chmodSync(path, 0o600);
  } catch (cause) {
    db.close();
    if ((cause as { code?: string }).code?.startsWith("SQLITE_BUSY"))
      throw new AppError("already_running", `A daemon already runs on ${dataDir}`, {
        hint: "see `hall-monitor status`",
      });
    const error = toStoreError(cause, path);
    if (error.code === "disk_full") throw error;
    throw new AppError("data_directory_unusable", `Cannot lock ${path}`, {
      hint: "check its owner and rights, or set HALL_DATA_DIR",
      cause,
    });
  }
  return {
    release() {
      db.run("rollback");
      db.close();
    },
  };
}
