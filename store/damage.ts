import type { Database } from "bun:sqlite";
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AppError, messageOf } from "../schema/errors.ts";
import { syncFolder } from "./archive-files.ts";
import { archiveFolder, DATABASE_FILE, ensurePrivateFolder, openDatabase } from "./database.ts";
import type { CostOf } from "./request-rows.ts";
import { type ArchiveRestored, restoreArchive } from "./restore-archive.ts";

/** A new database is created under this name and renamed when it is complete. */
const SIDE_FILE = `${DATABASE_FILE}.rebuild`;
const SIDE_PRAGMAS = ["journal_mode = memory", "synchronous = off"];
const SUFFIXES = ["-wal", "-shm", "-journal", ""];

/** SQLite's findings about the file; `checkpoint` lets other work run between two tables. */
export async function damageOf(db: Database, checkpoint = async (): Promise<void> => {}): Promise<string[]> {
  try {
    const tables = db
      .query<{ name: string }, []>("select name from sqlite_master where type = 'table'")
      .all();
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = db.query<{ quick_check: string }, []>(`pragma quick_check('${name}')`).all();
      found.push(...rows.map((row) => row.quick_check).filter((line) => line !== "ok"));
      if (found.length > 0) return found.slice(0, 3);
      await checkpoint();
    }
    return found;
  } catch (cause) {
    return [messageOf(cause)];
  }
}

/** The same for a file that is not open; undefined if it is intact or missing. Throws errors other than damage. */
export async function findDamage(dataDir: string): Promise<string | undefined> {
  if (!existsSync(join(dataDir, DATABASE_FILE))) return undefined;
  try {
    const db = openDatabase(dataDir);
    try {
      return (await damageOf(db))[0];
    } finally {
      db.close();
    }
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== "database_damaged") throw cause;
    return cause.cause instanceof Error ? cause.cause.message : cause.message;
  }
}

/**
 * Makes a database from the archive beside the old one, which is kept under another name once the new one is complete.
 * The caller holds the lock and reads the sources afterwards.
 */
export async function rebuildFromArchive(
  dataDir: string,
  price: CostOf,
): Promise<{ moved_to: string | null; archive: ArchiveRestored }> {
  dropSide(dataDir);
  const db = openDatabase(dataDir, { file: SIDE_FILE, pragmas: SIDE_PRAGMAS });
  try {
    const archive = await restoreArchive(db, archiveFolder(dataDir), price);
    db.close();
    return { moved_to: swapIn(dataDir), archive };
  } finally {
    db.close();
    dropSide(dataDir);
  }
}

/** A database that lost its file is still intact behind its open connection: it is written to a new file. */
export function saveOpenDatabase(db: Database, dataDir: string): string | null {
  ensurePrivateFolder(dataDir);
  dropSide(dataDir);
  db.run("vacuum into ?", [join(dataDir, SIDE_FILE)]);
  return swapIn(dataDir);
}

function swapIn(dataDir: string): string | null {
  const side = join(dataDir, SIDE_FILE);
  chmodSync(side, 0o600);
  const fd = openSync(side, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  const moved_to = moveAside(dataDir);
  renameSync(side, join(dataDir, DATABASE_FILE));
  syncFolder(dataDir);
  return moved_to;
}

/** Its log is moved with it, so that rows that are only there can be recovered by hand. */
function moveAside(dataDir: string): string | null {
  const path = join(dataDir, DATABASE_FILE);
  const isThere = existsSync(path);
  const aside = `${path}.corrupt-${new Date().toISOString().replace(/[-:]|\.\d+/g, "")}`;
  for (const suffix of SUFFIXES) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return isThere ? aside : null;
}

function dropSide(dataDir: string): void {
  for (const suffix of SUFFIXES) rmSync(join(dataDir, SIDE_FILE + suffix), { force: true });
}
