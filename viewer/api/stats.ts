import type { DashboardStats } from "../../schema/api-shapes.ts";
import type { SourceName } from "../../schema/events.ts";
import { aggregationQueries } from "../../store/queries/aggregations.ts";
import type { Scope } from "../../store/queries/scope.ts";
import { sessionQueries } from "../../store/queries/sessions.ts";
import { statsQueries } from "../../store/queries/stats.ts";
import { toTotals } from "../../store/queries/totals.ts";
import { cutWithin, type Range, toQuarters } from "../../store/queries/zone.ts";
import { noSums, type Sums } from "../../store/sums.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { byCost } from "./aggregations.ts";
import { activityView, toSessions } from "./session-shape.ts";

const HOUR_MS = 3_600_000;
const HOURS = { "24h": 24, "7d": 7 * 24, "30d": 30 * 24 } as const;
const MAX_TOOLS = 20;
const MAX_ACTIVE = 10;

type Headline = DashboardStats["now"];
type Stats = ReturnType<typeof statsQueries>;

export function statsHandlers(deps: ViewerDeps) {
  const stats = statsQueries(deps.reader);
  const aggregations = aggregationQueries(deps.reader);
  const sessions = sessionQueries(deps.reader);
  const activity = activityView(deps);

  return {
    "GET /api/dashboard/stats": ({ query }) => {
      const { period, time_zone: zone = deps.config.time_zone, ...scope } = query;
      const at = deps.now?.() ?? Date.now();
      const { until_unix_ms } = toQuarters({ from_unix_ms: at, until_unix_ms: at + 1 });
      const length = HOURS[period] * HOUR_MS;
      const range = { from_unix_ms: until_unix_ms - length, until_unix_ms };
      const earlier = { from_unix_ms: range.from_unix_ms - length, until_unix_ms: range.from_unix_ms };
      const usage = stats.usageOf(range, scope);
      const tools = stats.toolsOf(range, scope);
      const now = headline(stats, range, scope, usage.total, tools);
      const before = headlineOf(stats, earlier, scope);
      const active = sessions.latest({ ...scope, state: "active", now_unix_ms: at, limit: MAX_ACTIVE });
      const data: DashboardStats = {
        time_zone: zone,
        ...range,
        first_record_unix_ms: aggregations.firstRecord(),
        period,
        now,
        before,
        change_ratio: changes(now, before),
        series: series(aggregations, period, range, zone, scope),
        ...groupsOf(usage),
        tools: tools.slice(0, MAX_TOOLS),
        active_sessions: toSessions(sessions, active, at, activity),
      };
      return { data, time_zone: zone };
    },
  } satisfies Partial<Handlers>;
}

function groupsOf(usage: ReturnType<Stats["usageOf"]>) {
  const { models, projects, sources } = usage;
  return {
    models: byCost(models.map((m) => ({ model: m.name, ...toTotals(m) }))),
    projects: byCost(projects.map((p) => ({ project_path: p.name, sessions: p.sessions, ...toTotals(p) }))),
    sources: byCost(
      sources.map((s) => ({ source: s.name as SourceName, sessions: s.sessions, ...toTotals(s) })),
    ),
  };
}

function headlineOf(stats: Stats, range: Range, scope: Scope): Headline {
  return headline(stats, range, scope, stats.totalOf(range, scope), stats.toolsOf(range, scope));
}

function headline(
  stats: Stats,
  range: Range,
  scope: Scope,
  sums: Sums,
  tools: { calls: number; failed: number }[],
): Headline {
  return {
    ...toTotals(sums),
    ...stats.countsOf(range, scope),
    tool_calls: tools.reduce((n, t) => n + t.calls, 0),
    failed_tool_calls: tools.reduce((n, t) => n + t.failed, 0),
  };
}

function changes(now: Headline, before: Headline): DashboardStats["change_ratio"] {
  const change = (
    name: "cost_nano_usd" | "total_tokens" | "requests" | "sessions" | "tool_calls" | "turns",
  ) => {
    const was = before[name];
    const is = now[name];
    return was === null || is === null || was === 0 ? null : is / was - 1;
  };
  return {
    cost_nano_usd: change("cost_nano_usd"),
    total_tokens: change("total_tokens"),
    requests: change("requests"),
    sessions: change("sessions"),
    tool_calls: change("tool_calls"),
    turns: change("turns"),
  };
}

/** Every bucket of the period, the first and last cut to it, so that they add up to the headline. */
function series(
  queries: ReturnType<typeof aggregationQueries>,
  period: DashboardStats["period"],
  range: Range,
  zone: string,
  scope: Scope,
): DashboardStats["series"] {
  const buckets = cutWithin(period === "24h" ? "hour" : "day", range, zone);
  const rows = new Map(queries.usageByBucket(buckets, null, scope).map((r) => [r.bucket_unix_ms, r]));
  return buckets.map((b) => ({ ...b, ...toTotals(rows.get(b.bucket_unix_ms) ?? noSums()) }));
}
