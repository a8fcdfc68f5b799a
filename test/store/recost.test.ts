import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toFlags } from "../../schema/usage.ts";
import { openReader } from "../../store/database.ts";
import type { Recost } from "../../store/recost.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import { run } from "../cli/run.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A stored history, priced by a `config.json` of its own. */
async function priced(input: number, lines: unknown[]) {
  const home = mkdtempSync(join(tmpdir(), "hall-recost-"));
  folders.push(home);
  const data_dir = join(home, "data");
  mkdirSync(data_dir, { mode: 0o700 });
  const set = (usd: number, more: object[] = []) =>
    writeFileSync(
      join(data_dir, "config.json"),
      JSON.stringify({
        prices: [{ model: "own-1", usd_per_mtok: { input: usd, cache_read: null, output: 10 } }, ...more],
      }),
    );
  set(input);
  const world = createWorld({ HALL_DATA_DIR: data_dir });
  world.write(transcript("S1"), jsonl(...lines));
  await world.read();
  world.close();
  const at = { home, data_dir, claude_dir: "", [Symbol.dispose]: () => {} };
  return { set, at, data_dir };
}

const line = (n: number, model = "own-1", usage: object = { input_tokens: 1_000_000 }) =>
  assistant({
    requestId: `req_01${n}`,
    timestamp: `2026-11-01T${String(10 + (n % 10)).padStart(2, "0")}:00:00.000Z`,
    message: { id: `msg_01${n}`, model },
    usage: { ...usage },
  });

async function recost(at: Parameters<typeof run>[0], ...args: string[]): Promise<Recost> {
  const { code, stdout, stderr } = await run(at, ["recost", "--json", ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Recost;
}

describe("recost", () => {
  test("F003 a new price holds for all history, the sums follow, and a row in the database records it", async () => {
    const { set, at, data_dir } = await priced(1, [line(1), line(2), line(3, "own-2")]);
    set(3, [{ model: "own-2", usd_per_mtok: { input: 2, output: 2 } }]);
    const models = [
      {
        model: "own-1",
        requests: 2,
        changed: 2,
        before_nano_usd: 2e9,
        after_nano_usd: 6e9,
        unpriced_before: 0,
        unpriced_after: 0,
      },
      {
        model: "own-2",
        requests: 1,
        changed: 1,
        before_nano_usd: 0,
        after_nano_usd: 2e9,
        unpriced_before: 1,
        unpriced_after: 0,
      },
    ];
    expect(await recost(at, "--dry-run")).toMatchObject({ dry_run: true, changed: 3, models });
    const costs = () => {
      const db = openReader(data_dir);
      const rows = db.query("select sum(cost_nano_usd) as c from usage_rollup").get();
      const flags = db.query<{ flags: number }, []>("select flags from requests order by seq").all();
      const audits = db
        .query<{ value: string }, []>("select value from meta where key like 'recost:%' order by key")
        .all();
      const differences = countRollupDifferences(db);
      db.close();
      return { rows, flags: flags.map((r) => toFlags(r.flags)), audits, differences };
    };
    expect(costs()).toMatchObject({ rows: { c: 2e9 }, flags: [[], [], ["unpriced"]], audits: [] });

    const done = await recost(at);
    expect(done).toMatchObject({ dry_run: false, changed: 3, rollups_rebuilt: false, models });
    const after = costs();
    expect(after).toMatchObject({ rows: { c: 8e9 }, flags: [[], [], []], differences: 0 });
    expect(after.audits.map((a) => JSON.parse(a.value))).toEqual([done]);

    expect(await recost(at)).toMatchObject({ changed: 0, requests: 3 });
    expect(costs()).toMatchObject({ rows: { c: 8e9 }, differences: 0 });
  });

  test("F003 what a file reported of a request stays, what an earlier price made of it does not", async () => {
    const usage = { output_tokens: 1, speed: "fast", cache_creation_input_tokens: 5 };
    const { set, at, data_dir } = await priced(1, [line(1, "own-2", usage)]);
    const rates = { input: 1, cache_creation_5m: 1, output: 1 };
    const flags = () => {
      const db = openReader(data_dir);
      const row = db.query<{ flags: number }, []>("select flags from requests").get()!;
      db.close();
      return toFlags(row.flags);
    };
    expect(flags()).toEqual(["cache_ttl_assumed_5m", "unpriced"]);
    set(1, [{ model: "own-2", usd_per_mtok: rates }]);
    await recost(at);
    expect(flags()).toEqual(["cache_ttl_assumed_5m", "speed_unknown"]);
    set(1, [{ model: "own-2", usd_per_mtok: rates, multipliers: { fast: 2 } }]);
    await recost(at);
    expect(flags()).toEqual(["cache_ttl_assumed_5m"]);
  });

  test("F003 more rows than one transaction holds, and sums that were wrong before", async () => {
    const lines = Array.from({ length: 5003 }, (_, i) => line(i, "own-1", { input_tokens: 2 }));
    const { set, at, data_dir } = await priced(1, lines);
    const db = new Database(join(data_dir, "hall.db"));
    db.run("update usage_rollup set cost_nano_usd = cost_nano_usd + 1");
    db.close();
    set(2);
    expect(await recost(at)).toMatchObject({ requests: 5003, changed: 5003, rollups_rebuilt: true });
    const reader = openReader(data_dir);
    expect(reader.query("select sum(cost_nano_usd) as c from usage_rollup").get()).toEqual({
      c: 5003 * 2 * 2000,
    });
    expect(countRollupDifferences(reader)).toBe(0);
    reader.close();
  });

  test("F003 while a daemon runs it is refused, and the fix is named; a dry run only reads", async () => {
    const { set, at } = await priced(1, [line(1)]);
    expect((await run(at, ["start", "--detach"])).code).toBe(0);
    set(2);
    const { code, stderr } = await run(at, ["recost"]);
    expect(code).toBe(75);
    expect(stderr).toContain("`hall-monitor stop`, then this again");
    expect((await recost(at, "--dry-run")).changed).toBe(1);
    expect((await run(at, ["stop"])).code).toBe(0);
    const { stdout } = await run(at, ["recost"]);
    expect(stdout.split("\n")).toContain("1 of 1 request changed");
  });
});
