import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claude } from "../../collector/sources/claude/source.ts";
import { tail } from "../../collector/tail.ts";
import { DATABASE_FILE, openDatabase, openReader } from "../../store/database.ts";
import { until } from "../e2e/daemon.ts";
import { assistant, createWorld, jsonl, totals, transcript } from "../world.ts";

async function inFolder(run: (dir: string) => void | Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "hall-db-"));
  try {
    await run(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

describe("the database", () => {
  test("F002.A1 a new data directory gets the whole schema, and only its owner may read it", () =>
    inFolder((dir) => {
      const db = openDatabase(join(dir, "data"));
      const tables = db.query("select name from sqlite_master where type = 'table'").all() as {
        name: string;
      }[];
      expect(tables.map((t) => t.name)).toEqual(
        expect.arrayContaining([
          "events",
          "requests",
          "tool_calls",
          "sessions",
          "agents",
          "turns",
          "files",
          "rejects",
          "usage_rollup",
        ]),
      );
      expect(db.query("pragma busy_timeout").get()).toEqual({ timeout: 5000 });
      expect(db.query("pragma journal_mode").get()).toEqual({ journal_mode: "wal" });
      expect(statSync(join(dir, "data")).mode & 0o777).toBe(0o700);
      expect(statSync(join(dir, "data", DATABASE_FILE)).mode & 0o777).toBe(0o600);
      db.close();
    }));

  test("F1 what a killed first import of an earlier version has left is removed", () =>
    inFolder((folder) => {
      writeFileSync(join(folder, "hall.db.import"), "half");
      openDatabase(folder).close();
      expect(existsSync(join(folder, "hall.db.import"))).toBe(false);
    }));

  test("F002.A2 a database of a newer version is refused and not changed", () =>
    inFolder((dir) => {
      openDatabase(dir).close();
      const raw = new Database(join(dir, DATABASE_FILE));
      raw.run("pragma journal_mode = delete");
      raw.run("pragma user_version = 999");
      raw.close();
      const before = readFileSync(join(dir, DATABASE_FILE));
      expect(() => openDatabase(dir)).toThrow(expect.objectContaining({ code: "database_newer" }));
      expect(readFileSync(join(dir, DATABASE_FILE)).equals(before)).toBe(true);
    }));

  test("F004.A1 events, requests, sums and cursors of a batch are stored in one transaction", async () => {
    const w = createWorld();
    w.write(transcript("S1"), jsonl(assistant({ usage: { output_tokens: 5 } })));
    w.db.run(
      "create trigger no_sums before insert on usage_rollup begin select raise(rollback, 'no room'); end",
    );
    const result = await tail(claude, w.path(transcript("S1")), undefined, 1_000_000);
    if (result.kind !== "read") throw new Error(result.kind);
    const { batch } = result;
    expect(() => w.pipeline.store.commit([batch], Date.now())).toThrow("no room");
    const stored = () =>
      w.one(
        "select (select count(*) from requests) as requests, (select count(*) from sessions) as sessions, (select count(*) from files) as cursors",
      );
    expect(stored()).toEqual({ requests: 0, sessions: 0, cursors: 0 });
    w.db.run("drop trigger no_sums");
    w.pipeline.store.commit([batch], Date.now());
    expect(stored()).toEqual({ requests: 1, sessions: 1, cursors: 1 });
    w.close();
  });

  test("F004.A2 the same batch committed twice changes nothing the second time", async () => {
    const w = createWorld();
    w.write(transcript("S1"), jsonl(assistant({ usage: { output_tokens: 5 } })));
    await w.read();
    const before = [
      totals(w),
      w.all("select * from usage_rollup"),
      w.one("select count(*) as n from events"),
    ];
    w.pipeline.collector.reindex(["claude"]);
    await w.read();
    expect([
      totals(w),
      w.all("select * from usage_rollup"),
      w.one("select count(*) as n from events"),
    ]).toEqual(before);
    w.close();
  });

  test("F004.A4 a reader cannot write", () =>
    inFolder((dir) => {
      openDatabase(dir).close();
      const reader = openReader(dir);
      expect(() => reader.run("delete from events")).toThrow();
      expect(() => reader.run("create table x (y)")).toThrow();
      reader.close();
    }));

  test("EC001 a database that another program locks is waited for, and nothing is lost", async () => {
    const w = createWorld();
    w.write(transcript("S1"), jsonl(assistant({ usage: { output_tokens: 5 } })));
    const path = join(w.config.data_dir, DATABASE_FILE);
    const script = `const { Database } = require("bun:sqlite"); const db = new Database(${JSON.stringify(path)});
      db.run("begin immediate"); console.log("locked");
      process.stdin.on("end", () => { db.run("rollback"); process.exit(0); }).resume();`;
    const holder = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "ignore"] });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    const reading = w.read();
    const problems = () => w.pipeline.collector.telemetry.problems();
    await until("it is reported", () => problems().length > 0);
    expect(problems()).toEqual([
      expect.objectContaining({ code: "database_busy", hint: expect.any(String) }),
    ]);
    holder.stdin.end();
    await reading;
    expect(totals(w)).toMatchObject({ requests: 1, output: 5 });
    expect(problems()).toEqual([]);
    w.close();
  });
});
