import type { Database } from "bun:sqlite";
import { existsSync, readdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import type { Problem } from "../collector/bus.ts";
import type { Config } from "../schema/config.ts";
import { lastArchived } from "../store/archive-files.ts";
import { lastStoredSeq } from "../store/committer.ts";
import { cost } from "../store/cost.ts";
import { findDamage, rebuildFromArchive, saveOpenDatabase } from "../store/damage.ts";
import { archiveFolder, openDatabase } from "../store/database.ts";
import { takeLock } from "../store/lock.ts";
import { loadPriceBook } from "../store/price-book.ts";
import { Diverged, restoreArchive } from "../store/restore-archive.ts";
import type { Damage } from "./database-watch.ts";
import { counted } from "./format.ts";

/** An archive that does not continue the database is kept under this name. */
const ASIDE = "archive.diverged-";

/**
 * A database that ends before its own archive has lost rows: a truncated log, an emptied file or a restored copy. They
 * are restored before new rows take their numbers. An archive of another database is moved away, so that new rows have
 * their own archive.
 */
export async function recoverLostRows(config: Config): Promise<Problem | undefined> {
  const folder = archiveFolder(config.data_dir);
  if (!existsSync(folder)) return undefined;
  const lock = takeLock(config.data_dir);
  try {
    return (await replay(config, folder)) ?? isSetAside(config.data_dir);
  } finally {
    lock.release();
  }
}

/**
 * Checks the database before it is opened for long, and rebuilds it from the archive if it is damaged, or was found to
 * be (`found`). The agents' files and the spool are read into it afterwards.
 */
export async function repairDatabase(config: Config, found?: string): Promise<Problem | undefined> {
  const lock = takeLock(config.data_dir);
  try {
    const damage = found ?? (await findDamage(config.data_dir));
    if (damage === undefined) return undefined;
    const book = loadPriceBook(join(config.data_dir, "config.json"));
    const { moved_to, archive } = await rebuildFromArchive(config.data_dir, (request) => cost(book, request));
    const kept = moved_to === null ? "" : `; the old file is kept as ${basename(moved_to)}`;
    const left =
      archive.damaged_lines > 0 ? `, ${counted(archive.damaged_lines, "damaged line")} left out` : "";
    return {
      code: "database_damaged",
      detail: `hall.db was damaged (${damage}) and has been rebuilt: ${counted(archive.events + archive.requests, "row")} restored from the archive${left}, the agents' files are read again${kept}`,
      hint: "run `hall-monitor verify`, then delete the old file; if it happens again, check the disk",
    };
  } finally {
    lock.release();
  }
}

/** The content of the open connection is written to a new file; if that fails, the archive has to suffice. */
export function saveDetached(config: Config, db: Database, damage: Damage): Damage {
  try {
    saveOpenDatabase(db, config.data_dir);
    return damage;
  } catch {
    return { ...damage, is_detached: false };
  }
}

async function replay(config: Config, folder: string): Promise<Problem | undefined> {
  const db = openDatabase(config.data_dir);
  try {
    const stored = lastStoredSeq(db);
    const archived = lastArchived(folder);
    if (archived <= stored) return undefined;
    const book = loadPriceBook(join(config.data_dir, "config.json"));
    const { events, requests } = await restoreArchive(db, folder, (request) => cost(book, request));
    return {
      code: "database_lost_rows",
      detail: `the database ended at row ${stored}, its archive at row ${archived}: ${counted(events + requests, "row")} restored`,
    };
  } catch (error) {
    if (!(error instanceof Diverged)) throw error;
    renameSync(folder, join(config.data_dir, `${ASIDE}${Date.now()}`));
    return undefined;
  } finally {
    db.close();
  }
}

/** Reported at every start until a person has resolved it. */
function isSetAside(dataDir: string): Problem | undefined {
  const name = readdirSync(dataDir).find((n) => n.startsWith(ASIDE));
  if (name === undefined) return undefined;
  const path = join(dataDir, name);
  return {
    code: "archive_diverged",
    detail: `${name} is the archive of another database`,
    hint: `stop the daemon, run \`hall-monitor import ${path}/*.jsonl*\` to import it, then remove it`,
  };
}
