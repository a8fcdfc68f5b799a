import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PERIODS } from "../../schema/api-params.ts";
import type { Answer } from "../../schema/api-types.ts";
import { GROUPS } from "../../schema/groups.ts";
import { COST_ITEMS } from "../../schema/usage-kinds.ts";
import { NOW, startViewer, unpriced, type Viewer } from "./rig.ts";

const DAY = 86_400_000;
const MODELS = ["claude-opus-5", "claude-haiku-5", "gpt-5.6", "mystery"];
const PROJECTS = ["/home/dev/shop", "/work/blog", null];
type AggregationQuery = {
  session: number;
  agent: number;
  model: number;
  time: number;
  tokens: number;
  cost: number | null;
};

const queries = fc.record({
  session: fc.nat({ max: 29 }),
  agent: fc.nat({ max: 2 }),
  model: fc.nat({ max: 3 }),
  time: fc.integer({ min: NOW - 200 * DAY, max: NOW - 1 }),
  tokens: fc.nat({ max: 100_000 }),
  cost: fc.option(fc.nat({ max: 5_000_000_000 })),
});

const sum = (values: (number | null)[]) => values.reduce<number>((n, v) => n + (v ?? 0), 0);
const json = async <T>(viewer: Viewer, path: string): Promise<T> =>
  (await (await viewer.get(path)).json()) as T;
const sourceOf = (session: number) => (session % 4 === 0 ? "codex" : "claude");
const projectOf = (session: number) => PROJECTS[session % 3]!;

const FREE = Object.fromEntries(COST_ITEMS.map((item) => [`${item}_nano_usd`, 0]));

/** The seeded rows out, the given ones in. */
function fill(viewer: Viewer, requests: AggregationQuery[]): void {
  for (const table of ["requests", "events", "tool_calls", "turns", "agents", "sessions"])
    viewer.db.run(`delete from ${table}`);
  viewer.commit((r) => {
    const pks = Array.from({ length: 30 }, (_, i) =>
      r.session(`s${i}`, { source: sourceOf(i), project_path: projectOf(i) ?? null }),
    );
    for (const q of requests)
      r.request(pks[q.session]!, {
        agent_id: q.agent === 0 ? "" : `agent-${q.agent}`,
        model: MODELS[q.model]!,
        time_unix_ms: q.time,
        output_tokens: q.tokens,
        ...(q.cost === null ? unpriced : { ...FREE, output_nano_usd: q.cost, cost_nano_usd: q.cost }),
      });
    r.rollup();
  });
}

const FILTERS: [string, (q: AggregationQuery) => boolean][] = [
  ["", () => true],
  ["source=codex", (q) => sourceOf(q.session) === "codex"],
  ["source=claude", (q) => sourceOf(q.session) === "claude"],
  ["project=shop", (q) => projectOf(q.session) === "/home/dev/shop"],
  ["session_id=claude:s5", (q) => q.session === 5],
  ["session_id=unknown", () => false],
];
const ZONES = ["UTC", "America/New_York", "Asia/Kathmandu"];

describe("A01 A02 A03 what the panels show adds up to the headline, whatever the filter and the zone", () => {
  test("F020.A3 A01 A02 A03 costs by model and day add up, and name what they could not price, for any set of requests", async () => {
    await using viewer = await startViewer();
    const property = fc.asyncProperty(fc.array(queries, { maxLength: 80 }), async (requests) => {
      fill(viewer, requests);
      for (const [filter, isWanted] of FILTERS) await check(viewer, filter, requests.filter(isWanted));
    });
    await fc.assert(property, { numRuns: 3, seed: 7 });
  });
});

async function check(viewer: Viewer, filter: string, wanted: AggregationQuery[]): Promise<void> {
  const cost = wanted.some((q) => q.cost !== null) ? sum(wanted.map((q) => q.cost)) : null;
  const tokens = sum(wanted.map((q) => q.tokens + 100));
  const zone = ZONES[wanted.length % ZONES.length]!;
  const costs = (await json<Answer<"GET /api/costs">>(viewer, `/api/costs?${filter}&time_zone=${zone}`)).data;
  expect([costs.total.cost_nano_usd, costs.total.total_tokens, costs.total.requests]).toEqual([
    cost,
    tokens,
    wanted.length,
  ]);
  expect(costs.total.coverage.unpriced_requests).toBe(wanted.filter((q) => q.cost === null).length);
  for (const rows of [costs.rows, costs.models]) {
    expect(sum(rows.map((r) => r.cost_nano_usd))).toBe(cost ?? 0);
    expect(sum(rows.map((r) => r.total_tokens))).toBe(tokens);
  }
  for (const period of PERIODS.filter((p) => p !== "hour"))
    for (const group of [undefined, ...GROUPS.filter((g) => g !== "tool" && g !== "event_type")]) {
      const by = group === undefined ? "" : `&group_by=${group}`;
      const path = `/api/aggregations?${filter}&period=${period}&time_zone=${zone}${by}`;
      for (const [metric, total] of [
        ["cost", cost],
        ["tokens", tokens],
        ["count", wanted.length],
      ] as const) {
        if (group === "kind" && metric !== "cost") continue;
        const { data } = await json<Answer<"GET /api/aggregations">>(viewer, `${path}&metric=${metric}`);
        expect([path, metric, data.total]).toEqual([path, metric, total]);
        expect(sum(data.rows.map((r) => r.value))).toBe(total ?? 0);
        expect(sum(data.groups.map((g) => g.value))).toBe(total ?? 0);
        expect(
          data.rows.every((r) =>
            data.buckets.some((b) => b.bucket_unix_ms === r.bucket_unix_ms && b.bucket === r.bucket),
          ),
        ).toBe(true);
        const few = (await json<Answer<"GET /api/aggregations">>(viewer, `${path}&metric=${metric}&limit=2`))
          .data;
        expect([few.total, few.groups]).toEqual([data.total, data.groups.slice(0, 2)]);
        const names = few.groups.map((g) => g.group);
        expect(few.rows).toEqual(data.rows.filter((r) => names.includes(r.group)));
      }
    }
  await checkOverview(viewer, filter, wanted);
}

async function checkOverview(viewer: Viewer, filter: string, wanted: AggregationQuery[]): Promise<void> {
  if (filter.startsWith("session_id")) return;
  const { data } = await json<Answer<"GET /api/dashboard/stats">>(
    viewer,
    `/api/dashboard/stats?period=30d&${filter}`,
  );
  const within = wanted.filter((q) => q.time >= data.from_unix_ms && q.time < data.until_unix_ms);
  const before = wanted.filter((q) => q.time >= data.from_unix_ms - 30 * DAY && q.time < data.from_unix_ms);
  expect([data.now.requests, data.now.sessions]).toEqual([
    within.length,
    new Set(within.map((q) => q.session)).size,
  ]);
  expect(data.before.requests).toBe(before.length);
  for (const rows of [data.series, data.models, data.projects, data.sources]) {
    expect(sum(rows.map((r) => r.cost_nano_usd))).toBe(data.now.cost_nano_usd ?? 0);
    expect(sum(rows.map((r) => r.requests))).toBe(within.length);
  }
}

test("A02 a million rows of one nano-dollar are a million nano-dollars", async () => {
  await using viewer = await startViewer();
  fill(viewer, []);
  viewer.db.run(`insert into usage_rollup (bucket_unix_ms, session_pk, agent_id, model, requests, uncached_input_tokens,
      cache_creation_5m_input_tokens, cache_creation_1h_input_tokens, cache_read_input_tokens, output_tokens,
      reasoning_output_tokens, web_search_requests, cost_nano_usd, unpriced_requests, unpriced_tokens)
    with recursive n(i) as (select 0 union all select i + 1 from n where i < 999999)
    select ${NOW - 40 * DAY} / 900000 * 900000 + (i / 1000) * 900000, 1, 1000000 + i, 'm', 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0 from n`);
  const { data } = await json<Answer<"GET /api/costs">>(viewer, "/api/costs");
  expect(data.total.cost_nano_usd).toBe(1_000_000);
  expect(data.total.requests).toBe(1_000_000);
});

test("A09 days before the first record are no data, and a day without requests has no row", async () => {
  await using viewer = await startViewer();
  const { data } = await json<Answer<"GET /api/costs">>(
    viewer,
    "/api/costs?start_time=2026-11-10&end_time=2026-11-20",
  );
  expect(data.buckets.length).toBe(11);
  expect([...new Set(data.rows.map((r) => r.bucket))]).toEqual(["2026-11-18", "2026-11-19", "2026-11-20"]);
  expect(data.first_record_unix_ms).toBe(Date.parse("2026-11-18T09:45:00Z"));
  const empty = await json<Answer<"GET /api/costs">>(
    viewer,
    "/api/costs?start_time=2026-11-10&end_time=2026-11-11",
  );
  expect([empty.data.total.cost_nano_usd, empty.data.rows.length]).toEqual([null, 0]);
});

test("F020 an empty store answers every question with nothing", async () => {
  await using viewer = await startViewer();
  fill(viewer, []);
  viewer.db.run("delete from sessions");
  const { data } = await json<Answer<"GET /api/costs">>(viewer, "/api/costs");
  expect([data.first_record_unix_ms, data.total.cost_nano_usd, data.total.requests]).toEqual([null, null, 0]);
  const stats = await json<Answer<"GET /api/dashboard/stats">>(viewer, "/api/dashboard/stats");
  expect([stats.data.now.cost_nano_usd, stats.data.change_ratio.requests, stats.data.series.length]).toEqual([
    null,
    null,
    25,
  ]);
  expect((await json<Answer<"GET /api/sessions">>(viewer, "/api/sessions")).data).toEqual([]);
  expect((await json<Answer<"GET /api/metrics">>(viewer, "/api/metrics")).data).toEqual([]);
});

test("C39 changing the zone moves days, not the total", async () => {
  await using viewer = await startViewer();
  fill(viewer, [
    { session: 0, agent: 0, model: 0, time: Date.parse("2026-03-23T15:50:20Z"), tokens: 5, cost: 9 },
  ]);
  const day = async (zone: string) => {
    const { time_zone, data } = await json<Answer<"GET /api/costs">>(viewer, `/api/costs?time_zone=${zone}`);
    expect([time_zone, data.time_zone, data.total.cost_nano_usd]).toEqual([zone, zone, 9]);
    return data.rows.map((r) => r.bucket);
  };
  expect(await day("UTC")).toEqual(["2026-03-23"]);
  expect(await day("Asia/Seoul")).toEqual(["2026-03-24"]);
});

test("F020 events are counted with the requests, and tool calls by name", async () => {
  await using viewer = await startViewer();
  const groups = async (query: string) => {
    const { data } = await json<Answer<"GET /api/aggregations">>(
      viewer,
      `/api/aggregations?metric=count&${query}`,
    );
    return Object.fromEntries(data.groups.map((g) => [g.group, g.value]));
  };
  const types = await groups("group_by=event_type");
  expect(types).toMatchObject({ api_response: 5, tool_started: 1, tool_failed: 1, rate_limit: 1 });
  expect(sum(Object.values(types))).toBe(viewer.rows.lastSeq());
  expect(await groups("group_by=tool")).toEqual({ Bash: 1, Task: 1 });
  expect(await groups("group_by=tool&session_id=def-2")).toEqual({});
  const stats = await json<Answer<"GET /api/dashboard/stats">>(viewer, "/api/dashboard/stats?period=7d");
  expect(stats.data.tools).toEqual([
    { tool_name: "Bash", calls: 1, failed: 1 },
    { tool_name: "Task", calls: 1, failed: 0 },
  ]);
  expect(stats.data.now).toMatchObject({
    tool_calls: 2,
    failed_tool_calls: 1,
    turns: 1,
    agents: 1,
    sessions: 3,
  });
  expect(stats.data.active_sessions.map((s) => s.session_key)).toEqual(["claude:abc-1"]);
});
