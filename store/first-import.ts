import type { Database } from "bun:sqlite";
import { renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { changedRows } from "./archive-rows.ts";
import { DATABASE_FILE, INDEXES_DUE, openDatabase } from "./database.ts";
import { DECIDE_ALL } from "./last-decision.ts";

const IMPORT_FILE = `${DATABASE_FILE}.import`;
/** So often what was written so far is sent to the disk, so that the end does not wait for all of it. */
const SYNC_EVERY_MS = 200;
/**
 * Nothing is asked for while rows come in, and there is one commit: a small cache is written early and stays near the
 * processor. A journal on the disk would be useless; `off` is silently refused by the SQLite that Bun brings.
 */
const PRAGMAS = [
  "journal_mode = memory",
  "synchronous = off",
  "locking_mode = exclusive",
  "cache_size = -2048",
];

/**
 * A first import has no reader and nothing to lose yet: it fills a file of its own in one transaction, without a
 * log, without triggers and without secondary indexes to keep in order row by row. `publish` gives that file the
 * database's name once it is whole and on the disk; anything that fails before that is thrown away by `close`. The
 * indexes only make answers faster: whoever next opens the database to write builds them. The caller holds the lock.
 */
export function openImport(dataDir: string): { db: Database; publish(): Promise<void>; close(): void } {
  dropImport(dataDir);
  const db = openDatabase(dataDir, { file: IMPORT_FILE, pragmas: PRAGMAS });
  const later = db
    .query<{ type: string; name: string; sql: string }, []>(
      // An index of few rows (a partial one) costs less now than another look at all of them later.
      `select type, name, sql from sqlite_master
       where type = 'trigger' or (type = 'index' and sql is not null and sql not like '%) where %')`,
    )
    .all();
  for (const { type, name } of later) db.run(`drop ${type} ${name}`);
  const of = (kind: string) => later.filter(({ type }) => type === kind);
  db.run("begin exclusive");
  const path = join(dataDir, IMPORT_FILE);
  const writing = writeBehind(path);
  return {
    db,
    close() {
      writing.stop();
      db.close();
      dropImport(dataDir);
    },
    async publish() {
      writing.stop();
      changedRows(db).startOver();
      db.run(DECIDE_ALL);
      for (const { sql } of of("trigger")) db.run(sql);
      const indexes = JSON.stringify(of("index").map(({ sql }) => sql));
      db.run("insert into meta (key, value) values (?, ?)", [INDEXES_DUE, indexes]);
      db.run("commit");
      db.close();
      await sync(path);
      // SQLite would take a log that an older database left for this one's.
      for (const suffix of ["-wal", "-shm", "-journal"])
        rmSync(join(dataDir, DATABASE_FILE + suffix), { force: true });
      renameSync(path, join(dataDir, DATABASE_FILE));
      await sync(dataDir);
    },
  };
}

function writeBehind(path: string): { stop(): void } {
  let timer: Timer | undefined;
  let isStopped = false;
  const next = () => {
    if (!isStopped) timer = setTimeout(() => void sync(path).then(next, next), SYNC_EVERY_MS);
  };
  next();
  return {
    stop(): void {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  await file.sync().finally(() => file.close());
}

/** What an import leaves that was killed or failed. */
export function dropImport(dataDir: string): void {
  rmSync(join(dataDir, IMPORT_FILE), { force: true });
}
