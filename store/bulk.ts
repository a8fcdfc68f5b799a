import type { Database } from "bun:sqlite";

const TABLES = ["requests", "tool_calls", "events", "rate_limit_samples", "sessions", "request_copies"];
const META_KEY = "dropped_indexes";
/** 128 MB of log: an import of years is folded into the file once or twice instead of a hundred times. */
const BULK_CHECKPOINT_PAGES = 32_768;
export const CHECKPOINT_PAGES = 4000;

type Index = { name: string; sql: string };

/**
 * Takes the secondary indexes of an empty database away, so that a first import does not keep them in order
 * row by row. What was taken is written down in the same transaction: whoever opens the database next puts it
 * back, even after a kill. False if there are rows already.
 */
export function loosen(db: Database): boolean {
  if (db.query("select 1 from requests limit 1").get()) return false;
  const indexes = db
    .query<Index, [string]>(
      "select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name in (select value from json_each(?))",
    )
    .all(JSON.stringify(TABLES));
  db.transaction(() => {
    db.query("insert or replace into meta (key, value) values (?, ?)").run(META_KEY, JSON.stringify(indexes));
    for (const { name } of indexes) db.run(`drop index ${name}`);
  }).immediate();
  db.run(`pragma wal_autocheckpoint = ${BULK_CHECKPOINT_PAGES}`);
  return true;
}

/** Puts back what `loosen` took away; does nothing otherwise. */
export function settle(db: Database): void {
  const kept = db.query<{ value: string }, [string]>("select value from meta where key = ?").get(META_KEY);
  if (!kept) return;
  db.transaction(() => {
    for (const { sql } of JSON.parse(kept.value) as Index[])
      db.run(sql.replace(/^create index /i, "create index if not exists "));
    db.query("delete from meta where key = ?").run(META_KEY);
  }).immediate();
  db.run(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
}
