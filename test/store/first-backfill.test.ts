import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openPipeline } from "../../cli/pipeline.ts";
import { type Config, loadConfig } from "../../schema/config.ts";
import { DATABASE_FILE, openReader } from "../../store/database.ts";
import { digest } from "../../store/digest.ts";
import { APPLICATION_ID, MIGRATIONS } from "../../store/migrations.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import { ROOT, run } from "../cli/run.ts";
import { rollout } from "../collector/codex-harness.ts";
import { until } from "../e2e/daemon.ts";
import { assistant, jsonl, transcript } from "../world.ts";

const SLICE = { rows: 500, bytes: 8 * 1024 * 1024 };
const SLICES = { live: SLICE, history: SLICE };
const READINGS = 5_000;
const SESSIONS = 14;
const ROLLOUT = ".codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-T1.jsonl";

let home: string;

const reading = (used_percent: number) => ({
  type: "token_count",
  rate_limits: {
    limit_id: "codex",
    primary: { used_percent, window_minutes: 300, resets_at: 1_793_530_000 },
  },
});

const responses = (sessionId: string) =>
  jsonl(
    ...Array.from({ length: 500 }, (_, n) =>
      assistant({
        sessionId,
        uuid: `${sessionId}-${n}`,
        requestId: `req_01${sessionId}x${n}`,
        message: { id: `msg_01${sessionId}x${n}` },
        usage: { output_tokens: n },
      }),
    ),
  );

/** A home with transcripts of more than one transaction, and a rollout full of old readings with one of this minute at its end. */
function newHome(): Config {
  home = mkdtempSync(join(tmpdir(), "hall-first-"));
  const made = rollout("T1").meta("T1").turn("t1", "gpt-6-codex").count(1000);
  for (let n = 0; n < READINGS; n++) made.line("event_msg", reading(n / 100));
  made.at(new Date().toISOString()).line("event_msg", reading(99));
  const files: [path: string, bytes: string | Buffer][] = [[ROLLOUT, made.bytes()]];
  for (let n = 0; n < SESSIONS; n++) files.push([transcript(`S${n}`), responses(`S${n}`)]);
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), bytes);
  }
  return configOf("data");
}

const configOf = (folder: string): Config =>
  loadConfig({ HOME: home, HALL_TIME_ZONE: "UTC", HALL_DATA_DIR: join(home, folder) });

/** Of a database that is being made, too. */
function rowsIn(config: Config): number {
  try {
    const db = openReader(config.data_dir);
    const rows = count(db, "requests");
    db.close();
    return rows;
  } catch {
    return 0;
  }
}

const count = (db: Database, table: string) =>
  db.query<{ n: number }, []>(`select count(*) as n from ${table}`).get()!.n;

const schemaOf = (db: Database) =>
  db.query("select type, name, tbl_name, sql from sqlite_master order by type, name").all();

/** The same files as a daemon reads them, into a database of its own. */
async function readByDaemon() {
  const pipeline = openPipeline(configOf("daemon"), SLICES);
  await pipeline.collector.drain();
  const found = { digest: digest(pipeline.db), schema: schemaOf(pipeline.db) };
  pipeline.close();
  return found;
}

describe("a first backfill", () => {
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  test("F1 killed while rows come in, it goes on where it was, and holds what an undisturbed reading holds", async () => {
    const config = newHome();
    const child = Bun.spawn([process.execPath, "cli/main.ts", "backfill", "--quiet"], {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? "", HOME: home, HALL_DATA_DIR: config.data_dir },
    });
    await until("rows of the backfill", () => rowsIn(config) > 0 || child.exitCode !== null);
    child.kill("SIGKILL");
    await child.exited;
    expect((await run({ home, data_dir: config.data_dir }, ["backfill", "--quiet"])).code).toBe(0);
    const db = openReader(config.data_dir);
    expect(count(db, "rate_limit_samples")).toBe(READINGS + 1);
    expect({ digest: digest(db), schema: schemaOf(db) }).toEqual(await readByDaemon());
    expect(countRollupDifferences(db)).toBe(0);
    db.close();
  });

  test("F002 a database with keys that are unique by their tables, as the first versions made them, holds the same", async () => {
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
      expect(digest(pipeline.db)).toEqual((await readByDaemon()).digest);
      pipeline.close();
    }
  });
});
