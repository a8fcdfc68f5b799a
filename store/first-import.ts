import type { Database } from "bun:sqlite";
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { changedRows } from "./archive-rows.ts";
import { DATABASE_FILE, openDatabase } from "./database.ts";

const IMPORT_FILE = `${DATABASE_FILE}.import`;
/** Keys come in no order, so each commit would write most of every key's index anew: there is one commit. */
const PRAGMAS = ["journal_mode = off", "synchronous = off", "locking_mode = exclusive"];

/**
 * A first import has no reader and nothing to lose yet: it fills a file of its own in one transaction, without a
 * log, without triggers and without secondary indexes to keep in order row by row. `publish` gives that file the
 * database's name once it is whole and on the disk; anything that fails before that is thrown away with it. The
 * caller holds the lock.
 */
export function openImport(dataDir: string): { db: Database; publish(): void } {
  dropImport(dataDir);
  const db = openDatabase(dataDir, { file: IMPORT_FILE, pragmas: PRAGMAS });
  const later = db
    .query<{ type: string; name: string; sql: string }, []>(
      "select type, name, sql from sqlite_master where type in ('index', 'trigger') and sql is not null",
    )
    .all();
  for (const { type, name } of later) db.run(`drop ${type} ${name}`);
  db.run("begin exclusive");
  return {
    db,
    publish() {
      changedRows(db).startOver();
      for (const { sql } of later) db.run(sql);
      db.run("commit");
      db.close();
      sync(join(dataDir, IMPORT_FILE));
      renameSync(join(dataDir, IMPORT_FILE), join(dataDir, DATABASE_FILE));
      sync(dataDir);
    },
  };
}

/** What an import leaves that was killed or failed. */
export function dropImport(dataDir: string): void {
  rmSync(join(dataDir, IMPORT_FILE), { force: true });
}

function sync(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
