import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DATABASE_FILE, openDatabase, openReader } from "../../store/database.ts";
import { takeLock } from "../../store/lock.ts";
import { countRollupDifferences, rebuildRollups } from "../../store/rollups.ts";
import { assistant, createWorld, jsonl, totals, transcript } from "../world.ts";

function folder(): string {
  return mkdtempSync(join(tmpdir(), "hall-store-"));
}

describe("the store", () => {
  test("F004 recorded Codex rollouts: tokens per thread and model equal what the backend served", async () => {
    const w = createWorld();
    const fixtures = join(import.meta.dir, "../fixtures/codex");
    cpSync(join(fixtures, "home"), w.path(".codex"), { recursive: true });
    await w.read();
    const manifest = JSON.parse(readFileSync(join(fixtures, "MANIFEST.json"), "utf8")) as {
      threads: {
        thread: string;
        backend_truth: Record<string, number>;
        backend_by_model?: Record<string, { total_tokens: number }>;
      }[];
    };
    const total =
      "uncached_input_tokens + cache_creation_5m_input_tokens + cache_read_input_tokens + output_tokens";
    expect(w.one(`select sum(${total}) as n from requests`)).toEqual({ n: 898_781 });
    for (const t of manifest.threads) {
      const rows = w.all<{ model: string; n: number }>(
        `select model, sum(${total}) as n from requests join sessions using (session_pk) where source_session_id = ? group by model`,
        t.thread,
      );
      const expected = Object.entries(t.backend_by_model ?? {})
        .map(([model, u]) => ({ model, n: u.total_tokens }))
        .filter((r) => r.n > 0);
      expect(rows.sort((a, b) => (a.model < b.model ? -1 : 1))).toEqual(
        expected.sort((a, b) => (a.model < b.model ? -1 : 1)),
      );
    }
    expect(countRollupDifferences(w.db)).toBe(0);
    w.close();
  });

  test("F004.A3 sums per quarter hour equal the sums over the rows: rollups rebuilt equal those kept along the way", async () => {
    const w = createWorld();
    w.write(
      transcript("S1"),
      jsonl(assistant({ usage: { output_tokens: 5 } }), assistant({ usage: { output_tokens: 9 } })),
    );
    await w.read();
    const before = w.all("select * from usage_rollup order by 1, 2, 3, 4");
    w.db.transaction(() => rebuildRollups(w.db))();
    expect(w.all("select * from usage_rollup order by 1, 2, 3, 4")).toEqual(before);
    w.close();
  });

  test("F30 a database of a newer version is refused and not touched", () => {
    const dir = folder();
    openDatabase(dir).close();
    const raw = new Database(join(dir, DATABASE_FILE));
    raw.run("pragma journal_mode = delete");
    raw.run("pragma user_version = 999");
    raw.close();
    const before = readFileSync(join(dir, DATABASE_FILE));
    expect(() => openDatabase(dir)).toThrow(expect.objectContaining({ code: "database_newer" }));
    expect(() => openReader(dir)).toThrow(expect.objectContaining({ code: "database_newer" }));
    expect(readFileSync(join(dir, DATABASE_FILE)).equals(before)).toBe(true);
    rmSync(dir, { recursive: true });
  });

  test("F9 a file that is no database gives a clear error and is left alone", () => {
    const dir = folder();
    writeFileSync(join(dir, DATABASE_FILE), "x".repeat(8192));
    expect(() => openDatabase(dir)).toThrow(
      expect.objectContaining({ code: "database_damaged", hint: expect.stringContaining("rebuild") }),
    );
    expect(readFileSync(join(dir, DATABASE_FILE), "latin1")).toBe("x".repeat(8192));
    rmSync(dir, { recursive: true });
  });

  test("F23 the lock is the kernel's: one holder, free again at once", () => {
    const dir = folder();
    const lock = takeLock(dir);
    expect(() => takeLock(dir)).toThrow(expect.objectContaining({ code: "already_running" }));
    lock.release();
    takeLock(dir).release();
    rmSync(dir, { recursive: true });
  });

  test("F007.A3 F37 a source that fails does not stop the others: a row that SQLite refuses becomes a reject, everything around it is stored", async () => {
    const w = createWorld();
    w.db.run(
      "create trigger poison before insert on requests when new.output_tokens = 666 begin select raise(abort, 'poison'); end",
    );
    const line = (n: number, output_tokens: number) =>
      assistant({ requestId: `req_01${n}`, message: { id: `msg_01${n}` }, usage: { output_tokens } });
    w.write(transcript("S1"), jsonl(line(1, 5), line(2, 666), line(3, 7)));
    w.write(
      transcript("S2"),
      jsonl(
        assistant({
          sessionId: "S2",
          requestId: "req_019",
          message: { id: "msg_019" },
          usage: { output_tokens: 8 },
        }),
      ),
    );
    await w.read();
    expect(totals(w)).toMatchObject({ requests: 3, output: 20 });
    expect(w.all("select reason from rejects")).toEqual([{ reason: "store_refused" }]);
    expect(countRollupDifferences(w.db)).toBe(0);
    w.close();
  });

  test("EC004 many small writes share transactions", async () => {
    const w = createWorld();
    for (let i = 0; i < 300; i++)
      w.write(
        transcript(`S${i}`),
        jsonl(
          assistant({
            sessionId: `S${i}`,
            requestId: `req_01${i}`,
            message: { id: `msg_01${i}` },
            usage: { output_tokens: 1 },
          }),
        ),
      );
    w.pipeline.collector.scan();
    let passes = 0;
    while (await w.pipeline.collector.pass()) passes++;
    expect(totals(w)).toMatchObject({ requests: 300 });
    expect(passes).toBeLessThanOrEqual(2);
    w.close();
  });

  test("F004 the archive holds every accepted row once, in order, and repairs its own torn tail", async () => {
    const w = createWorld();
    const lines = (n: number) =>
      jsonl(
        assistant({ requestId: `req_01${n}`, message: { id: `msg_01${n}` }, usage: { output_tokens: n } }),
      );
    w.write(transcript("S1"), lines(1) + lines(2));
    await w.read();
    const day = Date.UTC(2026, 10, 20, 12);
    while (w.pipeline.archive.append(day));
    const path = join(w.config.data_dir, "archive", "2026-11-20.jsonl");
    writeFileSync(path, `${readFileSync(path, "utf8")}{"seq":3,"ki`);
    w.append(transcript("S1"), lines(3));
    await w.read();
    while (w.pipeline.archive.append(day));
    const seqs = readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l) as { seq: number; after_seq?: number })
      .filter((l) => l.after_seq === undefined)
      .map((l) => l.seq);
    expect(seqs).toEqual([1, 2, 3]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    w.close();
  });

  test("T8 every file of the data directory is its owner's alone", async () => {
    const old = process.umask(0);
    const w = createWorld();
    w.write(transcript("S1"), jsonl(assistant()));
    await w.read();
    w.pipeline.archive.append(Date.now());
    for (const name of readdirSync(w.config.data_dir, { recursive: true }) as string[]) {
      const stats = statSync(join(w.config.data_dir, name));
      expect([name, (stats.mode & 0o777).toString(8)]).toEqual([name, stats.isDirectory() ? "700" : "600"]);
    }
    expect(existsSync(join(w.config.data_dir, DATABASE_FILE))).toBe(true);
    w.close();
    process.umask(old);
  });
});
