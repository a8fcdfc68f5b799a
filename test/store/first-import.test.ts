import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { importFirst } from "../../cli/import-first.ts";
import { openPipeline } from "../../cli/pipeline.ts";
import { type Config, loadConfig } from "../../schema/config.ts";
import { DATABASE_FILE, openDatabase, openReader } from "../../store/database.ts";
import { digest } from "../../store/digest.ts";
import { openImport } from "../../store/first-import.ts";
import { APPLICATION_ID, MIGRATIONS } from "../../store/migrations.ts";
import { statsQueries } from "../../store/queries/stats.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import { ROOT, run } from "../cli/run.ts";
import { rollout } from "../collector/codex-harness.ts";
import { assistant, jsonl, transcript } from "../world.ts";

const SLICE = { rows: 500, bytes: 8 * 1024 * 1024 };
const SLICES = { live: SLICE, history: SLICE };
const EVER = { from_unix_ms: 0, until_unix_ms: 2_000_000_000_000 };
/** More than one page of them. */
const READINGS = 5_000;
const ROLLOUT = ".codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-T1.jsonl";

let home: string;

const reading = (used_percent: number) => ({
  type: "token_count",
  rate_limits: {
    limit_id: "codex",
    primary: { used_percent, window_minutes: 300, resets_at: 1_793_530_000 },
  },
});

/** A home with a transcript, and a rollout full of old readings with one of this minute at its end. */
function newHome(): Config {
  home = mkdtempSync(join(tmpdir(), "hall-first-"));
  const made = rollout("T1").meta("T1").turn("t1", "gpt-6-codex").count(1000);
  for (let n = 0; n < READINGS; n++) made.line("event_msg", reading(n / 100));
  made.at(new Date().toISOString()).line("event_msg", reading(99));
  const transcriptLine = jsonl(assistant({ uuid: "u1", usage: { output_tokens: 5 } }));
  for (const [path, bytes] of [
    [transcript("S1"), transcriptLine] as const,
    [ROLLOUT, made.bytes()] as const,
  ]) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), bytes);
  }
  return configOf("data");
}

const configOf = (folder: string): Config =>
  loadConfig({ HOME: home, HALL_TIME_ZONE: "UTC", HALL_DATA_DIR: join(home, folder) });

const imported = async (config: Config) => (await importFirst(config, SLICES, () => {}))!;

const due = (db: Database) =>
  db.query<{ key: string }, []>("select key from meta where key like '%due' order by key").all();

const count = (db: Database, table: string) =>
  db.query<{ n: number }, []>(`select count(*) as n from ${table}`).get()!.n;

const schemaOf = (db: Database) =>
  db.query("select type, name, tbl_name, sql from sqlite_master order by type, name").all();

const indexesOf = (db: Database) =>
  db
    .query<{ name: string }, []>("select name from sqlite_master where type = 'index' and sql is not null")
    .all();

/** The same files by the careful way, into a database that was there before. */
async function carefully() {
  const pipeline = openPipeline(configOf("careful"), SLICES);
  await pipeline.collector.drain();
  const found = { digest: digest(pipeline.db), schema: schemaOf(pipeline.db) };
  pipeline.close();
  return found;
}

async function expectAsCarefully(config: Config): Promise<void> {
  const db = openReader(config.data_dir);
  expect(due(db)).toEqual([]);
  expect(count(db, "rate_limit_samples")).toBe(READINGS + 1);
  expect({ digest: digest(db), schema: schemaOf(db) }).toEqual(await carefully());
  expect(countRollupDifferences(db)).toBe(0);
  db.close();
}

describe("what a first import puts off", () => {
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  test("all but limits can be queried before it is there, and what is missing is reported", async () => {
    const config = newHome();
    await imported(config);
    const db = openReader(config.data_dir);
    expect(statsQueries(db).totalOf(EVER, {})).toMatchObject({ requests: 2 });
    expect(due(db)).toEqual([{ key: "indexes_due" }, { key: "samples_due" }]);
    expect(count(db, "rate_limit_samples")).toBe(0);
    expect(indexesOf(db)).not.toContainEqual({ name: "requests_time" });
    db.close();
    const daily = async () => {
      const { code, stdout } = await run({ home, data_dir: config.data_dir }, ["daily", "--json"]);
      expect(code).toBe(0);
      const { generated_at: _, ...report } = JSON.parse(stdout);
      return report;
    };
    const before = await daily();
    openPipeline(config, SLICES).close();
    expect(await daily()).toEqual(before);
  });

  test("keeps no journal beside its file", () => {
    const config = newHome();
    const { db, close } = openImport(config.data_dir);
    db.run("insert into meta (key, value) values ('k', 'v')");
    expect(readdirSync(config.data_dir)).toEqual(["hall.db.import"]);
    close();
    expect(readdirSync(config.data_dir)).toEqual([]);
  });

  test("follows with the database's next opening, and nothing distinguishes it from a careful reading", async () => {
    const config = newHome();
    const { deferred } = await imported(config);
    const pipeline = openPipeline(config, SLICES, undefined, undefined, deferred);
    const stored = pipeline.store.lastSeq();
    const announced = pipeline.db
      .query<{ seq: number; data: string }, []>(
        "select seq, data from events where event_type = 'rate_limit'",
      )
      .all();
    expect(announced.map(({ seq, data }) => [seq, JSON.parse(data).used_percent])).toEqual([[stored, 99]]);
    expect(pipeline.db.query("select 1 from requests where seq = ?").all(stored)).toEqual([]);
    expect(await pipeline.collector.pass()).toBe(false);
    pipeline.close();
    await expectAsCarefully(config);
  });

  test("is read again if the process died right after the database got its name", async () => {
    const config = newHome();
    const script = `
      const { importFirst } = await import("./cli/import-first.ts");
      await importFirst(${JSON.stringify(config)}, ${JSON.stringify(SLICES)}, () => {});
      process.kill(process.pid, "SIGKILL");`;
    const child = Bun.spawn([process.execPath, "-e", script], { cwd: ROOT });
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    expect((await run({ home, data_dir: config.data_dir }, ["backfill", "--quiet"])).code).toBe(0);
    await expectAsCarefully(config);
  });

  test("is read again if storing it failed half-way", async () => {
    const config = newHome();
    const { deferred } = await imported(config);
    const poisoned = openDatabase(config.data_dir);
    poisoned.run(`create trigger poison before insert on rate_limit_samples when new.used_percent = 99
      begin select raise(abort, 'poison'); end`);
    expect(() => openPipeline(config, SLICES, undefined, undefined, deferred)).toThrow("poison");
    expect(count(poisoned, "rate_limit_samples")).toBe(4096);
    expect(due(poisoned)).toEqual([{ key: "samples_due" }]);
    poisoned.run("drop trigger poison");
    poisoned.close();
    const pipeline = openPipeline(config, SLICES);
    expect(due(pipeline.db)).toEqual([]);
    await pipeline.collector.drain();
    pipeline.close();
    await expectAsCarefully(config);
  });

  test("is left to whoever wrote in between, and does not come twice", async () => {
    const config = newHome();
    const { deferred } = await imported(config);
    const other = openPipeline(config, SLICES);
    await other.collector.drain();
    other.close();
    openPipeline(config, SLICES, undefined, undefined, deferred).close();
    await expectAsCarefully(config);
  });

  test("a database with keys that are unique by their tables, as the first versions made them, holds the same", async () => {
    const config = newHome();
    mkdirSync(config.data_dir);
    const old = new Database(join(config.data_dir, DATABASE_FILE));
    const [first = "", ...steps] = MIGRATIONS;
    const unnamed = first
      .replaceAll(/create unique index .*;\n/g, "")
      .replaceAll(/(request_key|tool_key) text not null,\n/g, "$1 text not null unique,\n");
    for (const step of [unnamed, ...steps]) old.run(step);
    old.run(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${MIGRATIONS.length}`);
    const unique = "select tbl_name from sqlite_master where name like 'sqlite_autoindex_%_1'";
    expect(old.query(unique).values()).toEqual(expect.arrayContaining([["requests"], ["tool_calls"]]));
    old.close();
    for (let times = 0; times < 2; times++) {
      const pipeline = openPipeline(config, SLICES);
      pipeline.collector.reindex(["claude", "codex"]);
      await pipeline.collector.drain();
      expect(digest(pipeline.db)).toEqual((await carefully()).digest);
      pipeline.close();
    }
  });

  test("indexes are there before the schema takes a step, even one that fails", async () => {
    const config = newHome();
    await imported(config);
    const older = new Database(join(config.data_dir, DATABASE_FILE));
    older.run("pragma user_version = 1");
    older.close();
    expect(() => openDatabase(config.data_dir)).toThrow(/already exists|duplicate column/);
    const db = openReader(config.data_dir);
    expect(due(db)).toEqual([{ key: "samples_due" }]);
    expect(indexesOf(db)).toContainEqual({ name: "requests_time" });
    db.close();
  });
});
