import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type QualityFlag, toFlags } from "../../schema/usage.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import frozen from "../fixtures/prices/book.json";
import { createWorld, type World } from "../world.ts";
import { rollout, usage } from "./codex-harness.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A world with the price list of 2026-11-20 in its `config.json`, so that no test changes when a vendor does. */
function frozenWorld(): World {
  const data_dir = mkdtempSync(join(tmpdir(), "hall-frozen-"));
  folders.push(data_dir);
  mkdirSync(data_dir, { recursive: true });
  writeFileSync(join(data_dir, "config.json"), JSON.stringify({ prices: frozen.rows }));
  return createWorld({ HALL_DATA_DIR: data_dir });
}

type Built = ReturnType<typeof rollout>;
const path = (name: string) => `.codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-${name}.jsonl`;

/** Once, twice, last file first, cut in two anywhere, and all over again: the money must not differ. */
async function inEveryWay(threads: Record<string, Built>, check: (w: World) => void): Promise<void> {
  const files = Object.entries(threads).map(([name, built]) => [path(name), built.bytes()] as const);
  const ways: ((w: World) => Promise<void>)[] = [
    async (w) => {
      for (const [name, bytes] of files) w.write(name, bytes);
      await w.read();
      await w.read();
    },
    async (w) => {
      for (const [name, bytes] of files.toReversed()) {
        w.write(name, bytes);
        await w.read();
      }
    },
    async (w) => {
      for (const [name, bytes] of files) w.write(name, bytes.subarray(0, bytes.length * 0.7));
      await w.read();
      for (const [name, bytes] of files) w.append(name, bytes.subarray(bytes.length * 0.7));
      await w.read();
      w.pipeline.collector.reindex(["codex"]);
      await w.read();
    },
  ];
  for (const way of ways) {
    const world = frozenWorld();
    await way(world);
    check(world);
    expect(countRollupDifferences(world.db)).toBe(0);
    world.close();
  }
}

type CostRow = { cost: number | null; price_id: string | null; flags: QualityFlag[] };
function rowsOf(w: World): CostRow[] {
  const rows = w.all<Omit<CostRow, "flags"> & { flags: number }>(
    "select cost_nano_usd as cost, price_id, flags from requests order by time_unix_ms, seq",
  );
  return rows.map((r) => ({ ...r, flags: toFlags(r.flags) }));
}
const costs = (w: World) => rowsOf(w).map((r) => r.cost);

const thread = (model: string, at = "2026-11-01T10:00:00.000Z") =>
  rollout("x").at(at).meta("P").turn("T1", model);
const counted = (input_tokens: number, cached_input_tokens: number, output_tokens: number, more = {}) =>
  usage(input_tokens + output_tokens, { input_tokens, cached_input_tokens, output_tokens, ...more });
/** One request with these counts. */
const one = (built: Built, counts: ReturnType<typeof counted>) => built.count(counts, counts);

describe("Codex: money", () => {
  test("X07 reasoning is inside output and cached inside input: neither is charged twice", async () => {
    const counts = counted(1000, 900, 100, { reasoning_output_tokens: 80 });
    await inEveryWay({ x: one(thread("gpt-6-sol"), counts) }, (w) =>
      expect(costs(w)).toEqual([100 * 2000 + 900 * 200 + 100 * 10_000]),
    );
  });

  test("X09 cache writes have their own price from GPT-5.6 on, and are plain input before", async () => {
    const counts = counted(100_000, 90_000, 1000, {
      cache_write_input_tokens: 8000,
      reasoning_output_tokens: 400,
    });
    await inEveryWay({ x: one(thread("gpt-6-sol"), counts) }, (w) => expect(costs(w)).toEqual([52_000_000]));
    await inEveryWay({ x: one(thread("gpt-5.5"), counts) }, (w) => {
      expect(costs(w)).toEqual([125_000_000]);
      // 2,000 plain tokens and 8,000 written ones, all at the price of input.
      expect(w.one("select input_nano_usd as i, cache_creation_5m_nano_usd as m5 from requests")).toEqual({
        i: 50_000_000,
        m5: 0,
      });
    });
  });

  test("X09 silence about cache writes is not zero, and costs the same", async () => {
    const silent = one(thread("gpt-6-sol"), counted(10_000, 0, 0));
    await inEveryWay({ x: silent }, (w) => {
      expect(costs(w)).toEqual([20_000_000]);
      expect(rowsOf(w)[0]!.flags).toContain("cache_write_not_reported");
    });
    const zero = one(thread("gpt-6-sol"), counted(10_000, 0, 0, { cache_write_input_tokens: 0 }));
    await inEveryWay({ x: zero }, (w) => {
      expect(costs(w)).toEqual([20_000_000]);
      expect(rowsOf(w)[0]!.flags).not.toContain("cache_write_not_reported");
    });
  });

  test("X10 above 272,000 tokens of prompt the whole request has the higher price, and fast doubles", async () => {
    await inEveryWay({ x: one(thread("gpt-6.1-sol"), counted(272_000, 271_000, 1000)) }, (w) => {
      expect(rowsOf(w)).toMatchObject([{ cost: 39_100_000, price_id: "gpt-6.1-sol@2026-09-29" }]);
    });
    await inEveryWay({ x: one(thread("gpt-6.1-sol"), counted(272_001, 271_000, 1000)) }, (w) =>
      expect(rowsOf(w)).toMatchObject([{ cost: 73_204_000, price_id: "gpt-6.1-sol@2026-09-29>272000" }]),
    );
    const settings = { thread_id: "P", thread_settings: { service_tier: "priority" } };
    const fast = one(
      thread("gpt-6.1-sol").event("thread_settings_applied", settings),
      counted(272_000, 271_000, 1000),
    );
    await inEveryWay({ x: fast }, (w) => expect(costs(w)).toEqual([78_200_000]));
  });

  test("X10 the tier is a request's: a thread of many small ones never reaches it", async () => {
    const small = counted(100_000, 99_000, 100);
    const built = thread("gpt-6.1-sol");
    for (let n = 1; n <= 5; n++) built.count(counted(100_000 * n, 99_000 * n, 100 * n), small);
    await inEveryWay({ x: built }, (w) =>
      expect(costs(w)).toEqual(Array(5).fill(1000 * 2000 + 99_000 * 100 + 100 * 10_000)),
    );
  });

  test("X11 the price of the day of the request; past the confirmed end it is used and flagged", async () => {
    const at = (iso: string) => one(thread("gpt-5.6-sol", iso), counted(1000, 0, 1000));
    for (const [iso, cost, isFlagged] of [
      ["2026-08-20T23:59:50.000Z", 35_000_000, false],
      ["2026-08-21T00:00:00.000Z", 24_000_000, false],
      ["2026-12-01T10:00:00.000Z", 24_000_000, true],
    ] as const)
      await inEveryWay({ x: at(iso) }, (w) => {
        expect(costs(w)).toEqual([cost]);
        expect(rowsOf(w)[0]!.flags.includes("price_unconfirmed")).toBe(isFlagged);
      });
  });

  test("X12 a fork pays for its own turns only, whichever file is read first", async () => {
    const parent = rollout("p")
      .meta("P")
      .turn("T1", "gpt-6-sol")
      .count(1000, 1000)
      .turn("T2")
      .count(2500, 1500);
    const child = rollout("c")
      .at("2026-11-01T12:00:00.000Z")
      .meta("C", { forked_from_id: "P" })
      .meta("P")
      .turn("T1", "gpt-6-sol", 0)
      .count(1000, 1000, 0)
      .turn("T2", undefined, 0)
      .count(2500, 1500, 0)
      .turn("T3", undefined, 60)
      .count(3200, 700);
    // 90 % of these counts is input at $2, the rest output at $10 a million.
    const price = (tokens: number) => tokens * 0.9 * 2000 + tokens * 0.1 * 10_000;
    await inEveryWay({ p: parent, c: child }, (w) => {
      const bySession = w.all(`
        select source_session_id as id, sum(cost_nano_usd) as cost from requests join sessions using (session_pk)
        group by 1 order by 1`);
      expect(bySession).toEqual([
        { id: "C", cost: price(700) },
        { id: "P", cost: price(2500) },
      ]);
    });
  });

  test("X23 codex-auto-review has no price of ours", async () => {
    await inEveryWay({ x: one(thread("codex-auto-review"), counted(1000, 0, 1000)) }, (w) =>
      expect(rowsOf(w)).toMatchObject([{ cost: null, price_id: null }]),
    );
  });
});
