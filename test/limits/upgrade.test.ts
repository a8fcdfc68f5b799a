import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alertQueries, recordAlerts } from "../../store/alerts.ts";
import { DATABASE_FILE, openDatabase } from "../../store/database.ts";
import { APPLICATION_ID, MIGRATIONS } from "../../store/migrations.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import { createStore } from "../../store/store.ts";
import { SUM_OF_REQUEST } from "../../store/sums.ts";
import { turnPair } from "../../store/turn-sums.ts";
import { rows } from "../viewer/rig.ts";
import { sampleWriter } from "./samples.ts";

type ColumnValues = Record<string, unknown>;
const NOW = Date.parse("2026-11-20T12:00:00Z");

/** A database as a version of that time left it. */
function databaseOf(folder: string, version: number): Map<string, ColumnValues[]> {
  const db = new Database(join(folder, DATABASE_FILE), { create: true, strict: true });
  db.run("pragma journal_mode = wal");
  for (const step of MIGRATIONS.slice(0, version)) db.run(step);
  db.run(`pragma user_version = ${version}`);
  db.run(`pragma application_id = ${APPLICATION_ID}`);
  const write = rows(db);
  const session = write.session("s1");
  for (let i = 0; i < 5; i++) {
    write.event(session);
    write.request(session);
  }
  sampleWriter(db)({ source: "codex", window: "5h", used_percent: 95, time_unix_ms: NOW });
  db.run("insert into meta (key, value) values ('note', 'kept')");
  rollUp(db);
  const before = contents(db);
  db.close();
  return before;
}

/** As the program of that time did: further sums and the totals over all time came later. */
function rollUp(db: Database): void {
  const sums = db
    .query<{ name: keyof typeof SUM_OF_REQUEST }, []>(
      "select name from pragma_table_info('usage_rollup') where cid > 3 order by cid",
    )
    .all()
    .map(({ name }) => `sum(${SUM_OF_REQUEST[name]})`);
  db.run(`
    insert into usage_rollup select time_unix_ms - time_unix_ms % 900000, session_pk, agent_id, model, ${sums.join(", ")}
    from requests group by 1, 2, 3, 4`);
  db.run(`
    insert into event_rollup select time_unix_ms - time_unix_ms % 900000, session_pk, event_type,
      coalesce(tool_name, ''), count(*) from events group by 1, 2, 3, 4`);
  const has = (table: string) => db.query("select 1 from pragma_table_info(?)").get(table) !== null;
  if (has("turn_rollup")) db.run(`insert into turn_rollup ${turnPair(900_000)[0]}`);
  if (has("usage_totals")) rebuildTotals(db);
}

function rebuildTotals(db: Database): void {
  const columns = db
    .query<{ name: string }, []>("select name from pragma_table_info('usage_totals') where cid > 1")
    .all()
    .map(({ name }) => name);
  db.run(`insert into usage_totals select s.source, u.model, ${columns.map((name) => `sum(u.${name})`).join(", ")}
    from usage_rollup u join sessions s using (session_pk) group by 1, 2`);
  db.run(`insert into event_totals select s.source, e.event_type, sum(e.events)
    from event_rollup e join sessions s using (session_pk) group by 1, 2`);
}

function contents(db: Database, tables?: Iterable<string>): Map<string, ColumnValues[]> {
  const names =
    tables ??
    db
      .query<{ name: string }, []>(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'text_index%'",
      )
      .all()
      .map((t) => t.name);
  return new Map(
    [...names].map((name) => [name, db.query<ColumnValues, []>(`select * from ${name} order by 1, 2`).all()]),
  );
}

const version = (db: Database) =>
  db.query<{ user_version: number }, []>("pragma user_version").get()?.user_version;

describe("U01 an upgrade", () => {
  for (let from = 1; from < MIGRATIONS.length; from++)
    test(`U01 from schema ${from} keeps every row and leaves a copy of the file as it was`, () => {
      const folder = mkdtempSync(join(tmpdir(), "hall-upgrade-"));
      const before = databaseOf(folder, from);
      const db = openDatabase(folder);
      expect(version(db)).toBe(MIGRATIONS.length);
      const columns = (rows: ColumnValues[], old: ColumnValues[]) =>
        rows.map((row) => Object.fromEntries(Object.keys(old[0] ?? {}).map((name) => [name, row[name]])));
      for (const [table, old] of before) {
        const now = contents(db, [table]).get(table) ?? [];
        // A step may note in meta and elsewhere what is still to be done; what was there stays there.
        for (const row of old) expect(columns(now, old)).toContainEqual(row);
        if (["sessions", "events", "requests", "rate_limit_samples"].includes(table))
          expect(now).toHaveLength(old.length);
      }
      expect(countRollupDifferences(db)).toBe(0);

      const path = join(folder, `hall.db.schema-${from}.backup`);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const backup = new Database(path, { readonly: true });
      expect(version(backup)).toBe(from);
      expect(contents(backup)).toEqual(before);
      backup.close();

      const store = createStore(db, () => {
        throw new Error("nothing is priced here");
      });
      recordAlerts(store, [], []);
      expect(alertQueries(db).active()).toEqual([]);
      db.close();
      rmSync(folder, { recursive: true });
    });

  test("U01 a new database has no copy, and opening it again makes none", () => {
    const folder = mkdtempSync(join(tmpdir(), "hall-upgrade-"));
    for (let i = 0; i < 2; i++) openDatabase(folder).close();
    for (let from = 0; from <= MIGRATIONS.length; from++)
      expect(existsSync(join(folder, `hall.db.schema-${from}.backup`))).toBe(false);
    rmSync(folder, { recursive: true });
  });
});
