import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { periodReport } from "../../cli/usage-report.ts";
import { openDatabase } from "../../store/database.ts";
import { statsQueries } from "../../store/queries/stats.ts";
import { countRollupDifferences, rebuildRollups } from "../../store/rollups.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";
import { createWorldApp } from "../world-app.ts";
import { history, toFiles } from "./reconcile-data.ts";

async function at(...times: string[]): Promise<World> {
  const world = createWorld();
  const lines = times.map((timestamp, n) =>
    assistant({
      timestamp,
      requestId: `req_01${n}`,
      message: { id: `msg_01${n}` },
      usage: { output_tokens: 10 ** n },
    }),
  );
  world.write(transcript("S1"), jsonl(...lines));
  await world.read();
  return world;
}

/** Bucket and tokens, by the route and by the report of the command line, which must agree. */
async function buckets(world: World, period: "day" | "hour", time_zone: string, range = "") {
  const { json } = createWorldApp(world, { time_zone });
  const found = await json(
    "GET /api/aggregations",
    `/api/aggregations?metric=tokens&period=${period}${range}`,
  );
  const rows: [string, number][] = found.rows.map((r) => [r.bucket, r.value ?? 0]);
  if (period === "hour") return { rows, total: found.total, buckets: found.buckets };
  const now = Date.parse("2026-12-01T00:00:00Z");
  const query = { scope: {}, model: undefined, since: undefined, until: undefined, time_zone, now };
  expect(periodReport(world.db, "day", query).rows.map((r) => [r.bucket, r.total_tokens])).toEqual(rows);
  return { rows, total: found.total, buckets: found.buckets };
}

describe("C39 days of a person", () => {
  test("C39 a moment belongs to the local day, and the zone moves buckets and not the total", async () => {
    const world = await at("2026-03-23T15:50:20Z", "2026-03-23T14:50:20Z");
    expect(await buckets(world, "day", "Asia/Seoul")).toMatchObject({
      rows: [
        ["2026-03-23", 10],
        ["2026-03-24", 1],
      ],
      total: 11,
    });
    for (const zone of ["UTC", "America/New_York", "Asia/Kathmandu"])
      expect(await buckets(world, "day", zone)).toMatchObject({ rows: [["2026-03-23", 11]], total: 11 });
    world.close();
  });

  test("F011.A1 C39 days and hours are cut in the named zone, also across a change of the clock: a day of 25 hours is the sum of them", async () => {
    const world = await at(
      "2026-11-01T05:30:00Z",
      "2026-11-01T06:30:00Z",
      "2026-11-02T04:59:59.999Z",
      "2026-11-02T05:00:00Z",
    );
    const zone = "America/New_York";
    const range = "&start_time=2026-11-01&end_time=2026-11-01";
    const hours = await buckets(world, "hour", zone, range);
    expect(hours.buckets.length).toBe(25);
    expect(hours.rows).toEqual([
      ["2026-11-01T01:00-04:00", 1],
      ["2026-11-01T01:00-05:00", 10],
      ["2026-11-01T23:00-05:00", 100],
    ]);
    const days = await buckets(world, "day", zone);
    expect(days.rows).toEqual([
      ["2026-11-01", 111],
      ["2026-11-02", 1000],
    ]);
    expect(hours.total).toBe(111);
    world.close();
  });

  test("C39 a clock that moves by half an hour, and a zone of 5:45", async () => {
    // Lord Howe went from +10:30 to +11 on 2026-10-04 at 02:00: that day has 23 and a half hours.
    const world = await at(
      "2026-10-03T13:29:59Z",
      "2026-10-03T13:30:00Z",
      "2026-10-04T12:59:59Z",
      "2026-10-04T13:00:00Z",
    );
    const lord = await buckets(world, "day", "Australia/Lord_Howe");
    expect(lord.rows).toEqual([
      ["2026-10-03", 1],
      ["2026-10-04", 110],
      ["2026-10-05", 1000],
    ]);
    const day = lord.buckets.find((b) => b.bucket === "2026-10-04")!;
    expect((day.until_unix_ms - day.bucket_unix_ms) / 3_600_000).toBe(23.5);
    world.close();
    const nepal = await at("2026-10-03T18:14:59.999Z", "2026-10-03T18:15:00Z");
    expect((await buckets(nepal, "day", "Asia/Kathmandu")).rows).toEqual([
      ["2026-10-03", 1],
      ["2026-10-04", 10],
    ]);
    nepal.close();
  });

  test("C39 whatever the zone, days, hours and the total are one sum", async () => {
    const zones = ["Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"];
    await fc.assert(
      fc.asyncProperty(history, fc.constantFrom(...zones), async (query, zone) => {
        const world = createWorld();
        for (const [path, text] of Object.entries(toFiles(query))) world.write(path, text);
        await world.read();
        const add = (rows: [string, number][]) => rows.reduce((n, r) => n + r[1], 0);
        const total = (await buckets(world, "day", "UTC")).total!;
        const [days, hours] = [
          await buckets(world, "day", zone),
          await buckets(world, "hour", zone, "&start_time=2026-10-01&end_time=2026-11-30"),
        ];
        expect([add(days.rows), days.total, add(hours.rows), hours.total]).toEqual(Array(4).fill(total));
        world.close();
      }),
      { numRuns: 10 },
    );
  });
});

describe("what is not there", () => {
  test("A09 days before the first record are distinguished from days without use", async () => {
    const world = await at("2026-11-03T10:07:00Z", "2026-11-05T10:00:00Z");
    const { json } = createWorldApp(world, { now: Date.parse("2026-11-06T00:00:00Z") });
    const costs = await json("GET /api/costs", "/api/costs?start_time=2026-11-01&end_time=2026-11-05");
    expect(costs.first_record_unix_ms).toBe(Date.parse("2026-11-03T10:00:00Z"));
    expect(costs.buckets.map((b) => b.bucket)).toEqual([1, 2, 3, 4, 5].map((d) => `2026-11-0${d}`));
    expect(costs.rows.map((r) => r.bucket)).toEqual(["2026-11-03", "2026-11-05"]);
    const before = await json("GET /api/costs", "/api/costs?start_time=2026-11-01&end_time=2026-11-02");
    expect(before).toMatchObject({ rows: [], models: [], total: { requests: 0, cost_nano_usd: null } });
    const stats = await json("GET /api/dashboard/stats", "/api/dashboard/stats?period=7d");
    expect(stats.before.cost_nano_usd).toBeNull();
    expect(stats.change_ratio.cost_nano_usd).toBeNull();
    expect(stats.series.find((s) => s.bucket === "2026-11-01")).toMatchObject({
      requests: 0,
      cost_nano_usd: null,
    });
    world.close();
  });
});

describe("A02 money is whole", () => {
  test("A02 no stored amount is a float, on random histories", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (query) => {
        const world = createWorld();
        for (const [path, text] of Object.entries(toFiles(query))) world.write(path, text);
        await world.read();
        for (const table of ["requests", "usage_rollup"]) {
          const columns = world
            .all<{ name: string }>(
              `select name from pragma_table_info('${table}') where name like '%nano_usd' or name like '%tokens'`,
            )
            .map((c) => c.name);
          expect(columns.length).toBeGreaterThan(6);
          for (const column of columns)
            expect(
              world.all(`select 1 from ${table} where typeof(${column}) not in ('integer', 'null')`),
            ).toEqual([]);
        }
        world.close();
      }),
      { numRuns: 8 },
    );
  });

  test("A02 a million rows of one nano-USD are a million nano-USD", () => {
    const dir = mkdtempSync(join(tmpdir(), "hall-million-"));
    const db = openDatabase(dir);
    db.run("insert into sessions (source, source_session_id) values ('claude', 'S1')");
    db.run(`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000)
      insert into requests (seq, request_key, session_pk, agent_id, response_id, provider_request_id, source, time_unix_ms,
        model, uncached_input_tokens, cache_creation_5m_input_tokens, cache_creation_1h_input_tokens,
        cache_read_input_tokens, output_tokens, reasoning_output_tokens, web_search_requests, service_tier, speed,
        inference_geo, flags, input_nano_usd, cost_nano_usd, owner_rank, offset)
      select i, i, 1, '', '', '', 'claude', 1793527200000 + i % 86400000, 'm', 1, 0, 0, 0, 0, 0, 0, '', '', '', 0, 1, 1, '', 0 from n`);
    rebuildRollups(db);
    expect(countRollupDifferences(db)).toBe(0);
    const range = { from_unix_ms: 0, until_unix_ms: 1_893_456_000_000 };
    expect(statsQueries(db).totalOf(range, {})).toMatchObject({
      cost_nano_usd: 1_000_000,
      requests: 1_000_000,
    });
    db.close();
    rmSync(dir, { recursive: true, force: true });
  });
});
