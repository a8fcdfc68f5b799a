import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArchive } from "../../store/archive.ts";
import { openDatabase } from "../../store/database.ts";
import { digest } from "../../store/digest.ts";
import { MIGRATIONS } from "../../store/migrations.ts";
import { restoreArchive } from "../../store/restore-archive.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import { valuesOf } from "../../store/row-code.ts";
import { columnsOf, type Table, table } from "../../store/table.ts";
import { createIndexes, createTable, createTriggers, declaredSteps } from "../../store/table-steps.ts";
import { SESSIONS, TURNS } from "../../store/tables/sessions.ts";
import { TABLES } from "../../store/tables.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "hall-tables-"));
  folders.push(path);
  return path;
}

/** Whitespace, and the brackets and `if not exists` that SQLite keeps as they were written, do not matter. */
const plain = (sql: string) => sql.replace(/if not exists|[\s;"]+/g, "");
const NEWEST = Number.POSITIVE_INFINITY;

type Shape = Record<string, unknown>;
/** What SQLite has, table by table. */
function schemaOf(db: Database): Shape {
  const named = db.query<{ name: string }, []>(
    "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' and name not like 'text\\_index%' escape '\\' order by name",
  );
  return Object.fromEntries(
    named.all().map(({ name }) => {
      const columns = db
        .query('select name, type, "notnull", dflt_value, pk from pragma_table_info(?)')
        .all(name);
      const keys = db
        .query(
          "select origin, \"unique\", partial, (select group_concat(name) from pragma_index_info(l.name)) as of from pragma_index_list(?) l where origin <> 'c'",
        )
        .all(name);
      const made = db
        .query<{ sql: string }, [string]>(
          "select sql from sqlite_master where tbl_name = ? and type in ('index', 'trigger') and sql is not null",
        )
        .all(name)
        .map(({ sql }) => plain(sql));
      return [name, { columns, keys, made: made.sort() }];
    }),
  );
}

function declared(tables: readonly Table[]): Database {
  const db = new Database(":memory:");
  for (const t of tables) {
    db.run(createTable(t, NEWEST));
    for (const sql of [...createIndexes(t, NEWEST), ...createTriggers(t, NEWEST)]) db.run(sql);
  }
  return db;
}

describe("one declaration of each table", () => {
  test("I10.4 what SQLite has after all steps of the schema is what the tables declare: columns, keys, indexes, triggers", () => {
    const migrated = new Database(":memory:");
    for (const step of MIGRATIONS) migrated.run(step);
    expect(schemaOf(migrated)).toEqual(schemaOf(declared(TABLES)));
  });

  test("I10.4 a column that a step of the schema adds and no table declares is found", () => {
    const migrated = new Database(":memory:");
    for (const step of [...MIGRATIONS, "alter table turns add column model text"]) migrated.run(step);
    expect(schemaOf(migrated)).not.toEqual(schemaOf(declared(TABLES)));
  });

  test("I10.4 a new table and a new column are one entry each: the step of the schema follows from it", () => {
    const notes = table({
      name: "notes",
      columns: { note_key: { sql: "text primary key" }, state: { sql: "text not null", line: "text" } },
      without_rowid: true,
      indexes: { notes_state: "(state)", notes_done: { on: "(done)", since: 100 } },
      archive: { kind: "note", alias: "p", pk: "note_key", by: "row" },
      since: 99,
    });
    const later: Table = {
      ...notes,
      columns: { ...notes.columns, done: { sql: "integer", merge: "last", since: 100 } },
    };
    const turns: Table = {
      ...TURNS,
      columns: { ...TURNS.columns, model: { sql: "text", merge: "first", since: 100 } },
    };
    const tables = [...TABLES.filter((t) => t !== TURNS), turns, later];
    const steps = declaredSteps(tables, 98, {
      101: "insert into notes (note_key, state) values ('a', 'open')",
    });
    expect(steps.length).toBe(3);

    const migrated = new Database(":memory:");
    for (const step of [...MIGRATIONS, ...steps]) migrated.run(step);
    expect(schemaOf(migrated)).toEqual(schemaOf(declared(tables)));
    expect(migrated.query("select * from notes").all()).toEqual([
      { note_key: "a", state: "open", done: null },
    ]);
    // An upsert of the new column is noted for the archive.
    migrated.run("delete from archive_pending; update notes set done = 1");
    expect(migrated.query("select kind, row_pk from archive_pending").all()).toEqual([
      { kind: "note", row_pk: "a" },
    ]);
  });

  test("I10.4 a column that a writer forgets, or gives in the wrong type, does not compile", () => {
    const values = valuesOf(TURNS, columnsOf(TURNS));
    const row = { session_pk: 1, prompt_id: "p", started_unix_ms: null, ended_unix_ms: 2, prompt: "x" };
    expect(values(row)).toEqual([1, "p", null, 2, "x"]);
    const { prompt: _prompt, ...forgotten } = row;
    // @ts-expect-error `prompt` is missing
    expect(values(forgotten)).toEqual([1, "p", null, 2, undefined as never]);
    // @ts-expect-error a text where a number is stored
    values({ ...row, ended_unix_ms: "2" });
    // @ts-expect-error no such column
    valuesOf(SESSIONS, ["model"]);
  });
});

/** Written by version 0.1 before tables had declarations, from the recorded conversations beside it. */
const FIXTURE = join(import.meta.dir, "../fixtures/archive");
const DIGEST = "9736ed21a8aec5b7b6fc5b230d3079c4e77d7fff04b5ff0c2e71925f0f2f18af";

test("I10.4 an archive of an earlier version gives the digest that it had then, and is written again line for line", async () => {
  const [data, day] = [folder(), "2026-11-20"];
  cpSync(FIXTURE, join(data, "archive"), { recursive: true });
  const db = openDatabase(data);
  await restoreArchive(db, join(data, "archive"), () => {
    throw new Error("every price is in the archive");
  });
  expect(digest(db).digest).toBe(DIGEST);
  expect(countRollupDifferences(db)).toBe(0);

  const copy = folder();
  db.run("vacuum into ?", [join(copy, "hall.db")]);
  db.close();
  const copied = openDatabase(copy);
  const archive = createArchive(copied, copy);
  while (archive.append(Date.parse(day)));
  archive.hurry();
  while (archive.append(Date.parse(day)));
  copied.close();
  const before = Bun.zstdDecompressSync(readFileSync(join(FIXTURE, `${day}.jsonl.zst`)));
  expect(rows(readFileSync(join(archive.folder, `${day}.jsonl`), "utf8"))).toEqual(rows(before.toString()));
});

/** The last line of each row, without the place in the sequence and the kind, which depend on when it was written. */
function rows(text: string): string[] {
  const lines = text
    .trim()
    .split("\n")
    .map((line) => line.replace(/"after_seq":\d+,|,"sum":"\w+"/g, ""));
  const bare = (line: string) => line.replace(/"kind":"\w+",|,"kind":"\w+"(?=\})/, "");
  const byRow = new Map(lines.map((line) => [idOf(JSON.parse(line) as Record<string, unknown>), bare(line)]));
  return [...byRow.values()].sort();
}

function idOf(line: Record<string, unknown>): string {
  const { kind, session_id, event_id, request_key, tool_key, agent_id, prompt_id, sample_id, path, offset } =
    line;
  if (kind === "session") return `session ${String(session_id)}`;
  if (kind === "copy") return `copy ${String(request_key)} ${String(session_id)}`;
  const key = event_id ?? request_key ?? tool_key ?? sample_id;
  return JSON.stringify(
    key === undefined ? [kind, session_id, agent_id, prompt_id, path, offset] : [kind, key],
  );
}
