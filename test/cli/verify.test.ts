import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sealDay } from "../../store/archive-seal.ts";
import type { Verified } from "../../store/verify.ts";
import { type Home, run, tempHome } from "./run.ts";
import { writeTranscript } from "./transcript.ts";

const homes: Home[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) home[Symbol.dispose]();
});

/** Twenty requests, stored and archived. */
async function filled(env: Record<string, string> = {}): Promise<Home> {
  const home = tempHome();
  homes.push(home);
  const responses = Array.from({ length: 20 }, (_, n) => ({
    id: `m${n}`,
    at: `2026-11-01T10:${String(n).padStart(2, "0")}:00.000Z`,
    model: "claude-haiku-4-5",
    input: n,
    output: 1,
  }));
  writeTranscript(home, "one", "/w/a", responses);
  expect((await run(home, ["backfill", "--quiet"], env)).code).toBe(0);
  return home;
}

async function verify(home: Home): Promise<{ code: number; found: Verified }> {
  const { code, stdout } = await run(home, ["verify", "--json"]);
  return { code, found: JSON.parse(stdout) };
}

function change(home: Home, sql: string): void {
  const db = new Database(join(home.data_dir, "hall.db"));
  db.run(sql);
  db.close();
}

const archive = (home: Home) => {
  const folder = join(home.data_dir, "archive");
  const name = readdirSync(folder).find((n) => n.endsWith(".jsonl") && n !== "seals.jsonl")!;
  return { folder, path: join(folder, name), day: name.slice(0, 10) };
};

describe("verify", () => {
  test("F036 a whole store is well, before and after its days are sealed, and has a digest", async () => {
    const home = await filled();
    const { code, found } = await verify(home);
    expect(code).toBe(0);
    expect(found).toMatchObject({
      ok: true,
      damage: [],
      rollup_differences: 0,
      archive: { files: 1, missing: 0, waiting: 0, ahead: 0, damaged_files: [] },
      digest: { tables: { requests: { rows: 20 }, sessions: { rows: 1 } } },
    });
    const { folder, day } = archive(home);
    expect(await sealDay(folder, day, Date.now())).toMatchObject({ ok: true });
    const sealed = await verify(home);
    expect(sealed).toMatchObject({ code: 0, found: { ok: true, archive: { files: 1, missing: 0 } } });
    expect(sealed.found.digest).toEqual(found.digest);
    const { stdout } = await run(home, ["verify"]);
    expect(stdout).toContain("✓ sums      every total matches its rows");
    expect(stdout).toContain(found.digest!.digest);
  });

  test("EC015 T21 a first import by the plain path stores what the fast one does", async () => {
    const fast = await verify(await filled());
    const plain = await verify(await filled({ HALL_FAST_IMPORT: "false" }));
    expect(plain.code).toBe(0);
    expect(fast.found.digest?.tables.requests).toMatchObject({ rows: 20 });
    expect(plain.found.digest).toEqual(fast.found.digest);
  });

  test("F036.A4 a sum that is not that of its rows is found, and recost mends it", async () => {
    const home = await filled();
    change(home, "update usage_rollup set output_tokens = output_tokens + 1");
    const { code, found } = await verify(home);
    expect(code).toBe(65);
    expect(found.ok).toBe(false);
    expect(found.rollup_differences).toBeGreaterThan(0);
    expect((await run(home, ["recost"])).code).toBe(0);
    expect((await verify(home)).code).toBe(0);
  });

  test("F036 a row that the archive has passed over is named, rows it has yet to write are not a fault", async () => {
    const home = await filled();
    const { path } = archive(home);
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, lines.filter((line) => !line.startsWith('{"seq":7,')).join("\n"));
    const holed = await verify(home);
    expect(holed.code).toBe(65);
    expect(holed.found.archive).toMatchObject({ missing: 1, first_missing_seq: 7, waiting: 0 });
    expect((await run(home, ["verify"])).stdout).toContain("✗ archive   lacks 1 row, starting at 7");
    const kept = lines.filter((line) => Number(/^\{"seq":(\d+)/.exec(line)?.[1] ?? 99) <= 15);
    writeFileSync(path, `${kept.join("\n")}\n`);
    expect(await verify(home)).toMatchObject({
      code: 0,
      found: { archive: { missing: 0, waiting: 5, last_seq: 15 } },
    });
  });

  test("F036 rows that the database has lost are found by the archive, and a broken seal too", async () => {
    const home = await filled();
    change(home, "delete from requests where seq > 17");
    const { code, found } = await verify(home);
    expect(code).toBe(65);
    expect(found.archive.ahead).toBe(3);
    const { folder, day } = archive(home);
    await sealDay(folder, day, Date.now());
    const path = join(folder, `${day}.jsonl.zst`);
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 2)]! ^= 0xff;
    writeFileSync(path, bytes);
    expect((await verify(home)).found.archive.damaged_files).toEqual([path]);
  });

  test("F036 a damaged page of the file is found", async () => {
    const home = await filled();
    change(home, "pragma wal_checkpoint(truncate)");
    const db = new Database(join(home.data_dir, "hall.db"));
    const { rootpage } = db
      .query<{ rootpage: number }, []>("select rootpage from sqlite_master where name = 'requests_time'")
      .get()!;
    const { page_size } = db.query<{ page_size: number }, []>("pragma page_size").get()!;
    db.close();
    const path = join(home.data_dir, "hall.db");
    const bytes = readFileSync(path);
    // One key of an index points somewhere else: every page can still be read.
    bytes[rootpage * page_size - 3]! ^= 0x01;
    writeFileSync(path, bytes);
    const { code, found } = await verify(home);
    expect(code).toBe(65);
    expect(found.damage.join()).toContain("requests_time");
  });
});
