import { Database } from "bun:sqlite";
import { chmodSync, lstatSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../schema/errors.ts";
import { ensurePrivateFolder, toStoreError } from "./database.ts";
import { LOCK_FILE } from "./lock-holder.ts";

/** A process that looks up the holder may have the shared lock for a moment. */
const PROBE_MS = 200;

/**
 * One daemon per data directory. The kernel holds SQLite's lock on a file of its own and drops it when the process
 * dies, however it dies: there is no pid file that can be stale.
 */
export function takeLock(dataDir: string): { release(): void } {
  ensurePrivateFolder(dataDir);
  // SQLite creates its side files itself, with the process's default permissions.
  process.umask(0o077);
  const path = join(dataDir, LOCK_FILE);
  const db = open(path, dataDir);
  return {
    release() {
      db.run("rollback");
      db.close();
    },
  };
}

function open(path: string, dataDir: string): Database {
  let db: Database | undefined;
  try {
    makeEmpty(path);
    db = new Database(path, { create: true });
    db.run(`pragma busy_timeout = ${PROBE_MS}`);
    db.run("pragma locking_mode = exclusive");
    db.run("begin exclusive");
    chmodSync(path, 0o600);
    return db;
  } catch (cause) {
    db?.close();
    if ((cause as { code?: string }).code?.startsWith("SQLITE_BUSY"))
      throw new AppError("already_running", `A daemon is already running on ${dataDir}`, {
        hint: "see `hall-monitor status`",
      });
    const error = toStoreError(cause, path);
    if (error === cause || error.code === "disk_full") throw error;
    throw new AppError("data_directory_unusable", `Cannot lock ${path}`, {
      hint: "check its owner and permissions, or set HALL_DATA_DIR",
      cause,
    });
  }
}

/**
 * Only the kernel's lock on the file counts, not its content: bytes in it would make SQLite reject it. The file itself
 * is kept, as a new one under its name could be locked a second time.
 */
function makeEmpty(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isFile())
    throw new AppError("data_directory_unusable", `${path} is not a file`, {
      hint: `move it away: \`mv '${path}' '${path}.odd'\``,
    });
  for (const side of ["-journal", "-wal", "-shm"]) rmSync(path + side, { force: true, recursive: true });
  if (stat.size > 0) truncateSync(path, 0);
}
