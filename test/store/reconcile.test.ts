import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { Totals } from "../../schema/api-shapes.ts";
import { countRollupDifferences, rebuildRollups } from "../../store/rollups.ts";
import { createWorld, type World } from "../world.ts";
import { createWorldApp } from "../world-app.ts";
import { history, MINUTES, START, toFiles } from "./reconcile-data.ts";

const NOW = START + (MINUTES + 60) * 60_000;
const ZONES = ["UTC", "Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];
const FILTERS = [
  "",
  "source=claude",
  "source=codex",
  "project=/w/even",
  "project=odd",
  "session_id=claude:S0",
];

async function worldOf(files: Record<string, string>): Promise<World> {
  const world = createWorld();
  for (const [path, text] of Object.entries(files)) world.write(path, text);
  await world.read();
  return world;
}

type Sum = Record<string, number>;
/** Every figure that is a plain sum; an unknown cost adds nothing. */
function figures({ coverage, ...t }: Totals): Sum {
  return { ...t, ...coverage, cost_nano_usd: t.cost_nano_usd ?? 0, cost_complete: 0 };
}
const NAMES = [
  "requests",
  "input_tokens",
  "uncached_input_tokens",
  "cache_creation_5m_input_tokens",
  "cache_creation_1h_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
  "reasoning_output_tokens",
  "total_tokens",
  "web_search_requests",
  "unpriced_requests",
  "unpriced_tokens",
  "cost_nano_usd",
];

function sum(rows: Totals[]): Sum {
  const all = Object.fromEntries(NAMES.map((name) => [name, 0]));
  for (const row of rows.map(figures)) for (const name of NAMES) all[name]! += row[name]!;
  return all;
}
const only = (t: Totals): Sum => Object.fromEntries(NAMES.map((name) => [name, figures(t)[name]!]));

/** Every panel of every route that answers this question must add up to one headline. */
async function checkFilter(world: World, filter: string, zone: string): Promise<void> {
  const { json } = createWorldApp(world, { now: NOW, time_zone: zone });
  const where = filter === "" ? "" : `&${filter}`;
  const costs = await json("GET /api/costs", `/api/costs?period=day${where}`);
  const headline = only(costs.total);
  expect({ filter, zone, ...sum(costs.rows) }).toEqual({ filter, zone, ...headline });
  expect(sum(costs.models)).toEqual(headline);
  for (const period of ["week", "month"] as const)
    expect(only((await json("GET /api/costs", `/api/costs?period=${period}${where}`)).total)).toEqual(
      headline,
    );

  const { cost_nano_usd, requests, total_tokens } = headline;
  for (const group of ["model", "session", "project", "source"]) {
    const of = (metric: string) =>
      json(
        "GET /api/aggregations",
        `/api/aggregations?period=day&metric=${metric}&group_by=${group}${where}`,
      );
    const [cost, tokens] = [await of("cost"), await of("tokens")];
    const add = (values: { value: number | null }[]) => values.reduce((n, v) => n + (v.value ?? 0), 0);
    expect([add(cost.rows), add(cost.groups), cost.total ?? 0]).toEqual(Array(3).fill(cost_nano_usd));
    expect([add(tokens.rows), add(tokens.groups), tokens.total ?? 0]).toEqual(Array(3).fill(total_tokens));
  }
  const listed = await json("GET /api/requests", `/api/requests?limit=1000${where}`);
  expect(listed.filter((r) => r.parent_key === null).length).toBe(requests!);
  expect(listed.reduce((n, r) => n + (r.cost_nano_usd ?? 0), 0)).toBe(cost_nano_usd!);
  expect(listed.reduce((n, r) => n + r.tokens.total_tokens, 0)).toBe(total_tokens!);
  if (filter.startsWith("session_id")) return;
  const sessions = await json("GET /api/sessions", `/api/sessions?limit=1000${where}`);
  expect(sum(sessions.map((s) => s.totals))).toEqual(headline);
  const stats = await json("GET /api/dashboard/stats", `/api/dashboard/stats?period=30d${where}`);
  expect(only(stats.now)).toEqual(headline);
  for (const panel of [stats.models, stats.projects, stats.sources, stats.series])
    expect(sum(panel)).toEqual(headline);
}

async function checkSessions(world: World): Promise<void> {
  const { json } = createWorldApp(world, { now: NOW });
  for (const { session_key } of await json("GET /api/sessions", "/api/sessions?limit=1000")) {
    const s = await json("GET /api/sessions/:id", `/api/sessions/${session_key}`);
    const whole = only(s.totals);
    expect(sum([s.main, ...s.agent_list.map((a) => a.totals)])).toEqual(whole);
    const parts = await json("GET /api/sessions/:id/aggregation", `/api/sessions/${session_key}/aggregation`);
    for (const panel of [[parts.total], parts.models, parts.agents, parts.buckets])
      expect(sum(panel)).toEqual(whole);
    const items = await world.one<Sum>(
      `select sum(uncached_input_tokens + cache_creation_5m_input_tokens + cache_creation_1h_input_tokens
        + cache_read_input_tokens + output_tokens) as total_tokens, coalesce(sum(cost_nano_usd), 0) as cost_nano_usd
        from requests join sessions using (session_pk) where 'claude:' || source_session_id = ?`,
      session_key,
    );
    expect(items.cost_nano_usd ?? 0).toBe(whole.cost_nano_usd!);
    expect(items.total_tokens ?? 0).toBe(whole.total_tokens!);
  }
}

describe("sums that reconcile, on random histories", () => {
  test("F011.A3 A01 A03 the groups of a question add up to its total for every filter: rows = headline, days = range, main + agents = session", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.constantFrom(...ZONES), async (query, zone) => {
        const world = await worldOf(toFiles(query));
        try {
          expect(countRollupDifferences(world.db)).toBe(0);
          for (const filter of FILTERS) await checkFilter(world, filter, zone);
          await checkSessions(world);
        } finally {
          world.close();
        }
      }),
      { numRuns: 12 },
    );
  });

  test("A03 filters that divide everything divide the headline too", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (query) => {
        const world = await worldOf(toFiles(query));
        const { json } = createWorldApp(world, { now: NOW });
        const total = async (filter: string) => (await json("GET /api/costs", `/api/costs?${filter}`)).total;
        const all = only(await total(""));
        const half = new Date(START + (MINUTES / 2) * 60_000).toISOString();
        expect(sum([await total("project=/w/even"), await total("project=/w/odd")])).toEqual(all);
        expect(sum([await total("source=claude"), await total("source=codex")])).toEqual(all);
        expect(sum([await total(`end_time=${half}`), await total(`start_time=${half}`)])).toEqual(all);
        world.close();
      }),
      { numRuns: 10 },
    );
  });

  test("A04 a cold start, a warm one and rebuilt sums give the same bytes", async () => {
    const paths = [
      "/api/costs?period=day",
      "/api/aggregations?metric=tokens&group_by=session",
      "/api/dashboard/stats?period=30d",
      "/api/sessions",
      "/api/sessions/claude:S0",
      "/api/requests?limit=1000",
    ];
    await fc.assert(
      fc.asyncProperty(history, async (query) => {
        const files = { ...toFiles([{ ...query[0]!, session: 0, agent: 0 }]), ...toFiles(query) };
        const data = async (world: World) =>
          Promise.all(
            paths.map(async (path) => dataOf(await createWorldApp(world, { now: NOW }).text(path))),
          );
        const world = await worldOf(files);
        if (world.all("select 1 from sessions where source_session_id = 'S0'").length === 0)
          return world.close();
        const cold = await data(world);
        expect(await data(world)).toEqual(cold);
        await world.read();
        expect(await data(world)).toEqual(cold);
        world.db.transaction(() => rebuildRollups(world.db)).immediate();
        expect(await data(world)).toEqual(cold);
        world.pipeline.collector.reindex(["claude"]);
        await world.read();
        expect(await data(world)).toEqual(cold);
        world.close();
      }),
      { numRuns: 8 },
    );
  });

  test("A04 an advisor that was billed nothing has no row, whether sums were kept or rebuilt", async () => {
    const empty = {
      session: 1,
      agent: 0,
      minute: 0,
      model: "claude-opus-5-5",
      input: 0,
      cached: 0,
      written: 0,
    };
    const one = { ...empty, output: 0, searches: 0, fast: false, lines: 1, advisor: true, copied_to: 0 };
    const world = await worldOf(toFiles([one]));
    const models = () => world.all("select distinct model from usage_rollup");
    expect(models()).toEqual([{ model: "claude-opus-5-5" }]);
    expect(countRollupDifferences(world.db)).toBe(0);
    world.db.transaction(() => rebuildRollups(world.db)).immediate();
    expect(models()).toEqual([{ model: "claude-opus-5-5" }]);
    world.close();
  });

  test("A05 while a day is half read its figures are a part of the whole, and never final", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.double({ min: 0, max: 1, noNaN: true }), async (query, share) => {
        const files = toFiles(query);
        const cutAt = (text: string) => Math.floor(text.length * share);
        const world = await worldOf(
          Object.fromEntries(Object.entries(files).map(([p, t]) => [p, t.slice(0, cutAt(t))])),
        );
        const { json } = createWorldApp(world, { now: NOW });
        const half = only((await json("GET /api/costs", "/api/costs")).total);
        for (const [path, text] of Object.entries(files)) world.append(path, text.slice(cutAt(text)));
        await world.read();
        const whole = only((await json("GET /api/costs", "/api/costs")).total);
        const atOnce = await worldOf(files);
        expect(whole).toEqual(
          only((await createWorldApp(atOnce, { now: NOW }).json("GET /api/costs", "/api/costs")).total),
        );
        expect(half.requests!).toBeLessThanOrEqual(whole.requests!);
        expect(half.total_tokens!).toBeLessThanOrEqual(whole.total_tokens!);
        atOnce.close();
        world.close();
      }),
      { numRuns: 10 },
    );
  });
});

/** The answer without the moment of the query. */
function dataOf(text: string): string {
  return text.replace(/"generated_at":"[^"]*"/, "");
}
