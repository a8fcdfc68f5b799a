import * as z from "zod";
import type { ActivityView } from "../../collector/activity/tracker.ts";
import { isAmong } from "../../schema/activity-filter.ts";
import type { SessionAggregation, SessionDetail } from "../../schema/api-shapes.ts";
import type { RouteRequest } from "../../schema/api-types.ts";
import { AppError } from "../../schema/errors.ts";
import { headline } from "../../schema/headline.ts";
import { hookGapQueries } from "../../store/queries/hook-gaps.ts";
import { sessionPartQueries } from "../../store/queries/session-parts.ts";
import { isSilent, type SessionRow, sessionQueries } from "../../store/queries/sessions.ts";
import { timelineQueries } from "../../store/queries/timeline.ts";
import { toTotals } from "../../store/queries/totals.ts";
import { cut, QUARTER_MS } from "../../store/queries/zone.ts";
import { addSums, noSums, type Sums } from "../../store/sums.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { toAgents } from "./agents.ts";
import { byCost } from "./aggregations.ts";
import { fromCursor, instant, times, toCursor } from "./answer.ts";
import { toOutline } from "./outline.ts";
import { activityView, sessionKey, toSessions } from "./session-shape.ts";
import { KINDS, toItems } from "./timeline.ts";

const From = z.tuple([z.literal("from"), z.int()]);
const After = z.tuple([z.literal("last"), z.int(), z.int()]);
const Place = z.tuple([z.literal("at"), z.int(), z.int(), z.union([z.string(), z.int()])]);
type Parts = ReturnType<typeof sessionPartQueries>;

export function sessionHandlers(deps: ViewerDeps) {
  const queries = sessionQueries(deps.reader);
  const parts = sessionPartQueries(deps.reader);
  const gaps = hookGapQueries(deps.reader);
  const timeline = timelineQueries(deps.reader);
  const activity = activityView(deps);
  const now = () => deps.now?.() ?? Date.now();

  const find = ({ id }: { id: string }): SessionRow => {
    const row = queries.find(id);
    if (!row) throw new AppError("not_found", `Session ${id} not found`);
    return row;
  };

  const agentsOf = (row: SessionRow) =>
    toAgents(parts, row.session_pk, { now: now(), isOver: activity.of(row).state === "ended" });

  return {
    "GET /api/sessions": ({ query }) => listed(deps, queries, activity, query),
    "GET /api/session-days": ({ query }) => byDay(deps, queries, activity, query),
    "GET /api/sessions/:id": ({ params }) => {
      const row = find(params);
      const session = toSessions(queries, [row], now(), activity)[0]!;
      return {
        data: {
          ...session,
          hooks: gaps.of(row.session_pk, now()),
          transcript_path: row.transcript_path,
          agent_list: agentsOf(row),
          main: toTotals(parts.usageByAgentOf(row.session_pk).find((u) => u.agent_id === "") ?? noSums()),
          tools: parts.toolsOf(row.session_pk),
          children: queries.childrenOf(row).map((c) => ({ ...c, title: headline(c.title) })),
        },
      };
    },
    "GET /api/sessions/:id/timeline": ({ params, query }) => {
      const row = find(params);
      return timelineOf(timeline, agentsOf(row), row, query, now());
    },
    "GET /api/sessions/:id/outline": ({ params }) => {
      const row = find(params);
      return { data: { session_key: sessionKey(row), ...toOutline(timeline, row.session_pk) } };
    },
    "GET /api/sessions/:id/aggregation": ({ params, query }) => {
      const time_zone = query.time_zone ?? deps.config.time_zone;
      return { data: toAggregation(parts, find(params), time_zone, query.period), time_zone };
    },
  } satisfies Partial<Handlers>;
}

type ListQuery = RouteRequest<"GET /api/sessions">["query"];

/** Time and activity of a query for sessions, as the store takes it. */
function toPage(
  deps: ViewerDeps,
  activity: ActivityView,
  { since, until, activity: states, ...rest }: RouteRequest<"GET /api/session-days">["query"],
) {
  const { zone, from_unix_ms, until_unix_ms } = times(deps, rest);
  return {
    ...rest,
    zone,
    session_keys: states && keysOf(activity, states),
    from_unix_ms: instant("since", since, zone, "start") ?? from_unix_ms,
    until_unix_ms: instant("until", until, zone, "end") ?? until_unix_ms,
    now_unix_ms: deps.now?.() ?? Date.now(),
  };
}

function listed(
  deps: ViewerDeps,
  queries: ReturnType<typeof sessionQueries>,
  activity: ActivityView,
  { limit, cursor, offset, order, ...rest }: ListQuery,
) {
  const { zone, ...page } = toPage(deps, activity, rest);
  const after = fromCursor(cursor, z.union([After, From]));
  const first = after?.[0] === "from" ? after[1] : (offset ?? 0);
  const rows = queries.latest({
    ...page,
    order,
    offset: first,
    after: after?.[0] === "last" ? { last_unix_ms: after[1], session_pk: after[2] } : undefined,
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const isByLast = rest.sort === "last" && order === "desc";
  const next: (string | number)[] | undefined =
    last && (isByLast ? ["last", last.last_unix_ms ?? 0, last.session_pk] : ["from", first + limit]);
  const next_cursor = next ? toCursor(next) : null;
  return { data: toSessions(queries, shown, page.now_unix_ms, activity), time_zone: zone, next_cursor };
}

function byDay(
  deps: ViewerDeps,
  queries: ReturnType<typeof sessionQueries>,
  activity: ActivityView,
  filters: RouteRequest<"GET /api/session-days">["query"],
) {
  const { zone, ...page } = toPage(deps, activity, filters);
  const days: { day: string; sessions: number }[] = [];
  let sum = 0;
  let from_unix_ms = Number.POSITIVE_INFINITY;
  for (const { quarter, sessions } of queries.countsByQuarter(page)) {
    const at = quarter * QUARTER_MS;
    if (at < from_unix_ms) {
      const found = cut("day", { from_unix_ms: at, until_unix_ms: at + QUARTER_MS }, zone)[0]!;
      from_unix_ms = found.bucket_unix_ms;
      days.push({ day: found.bucket, sessions: 0 });
    }
    days.at(-1)!.sessions += sessions;
    sum += sessions;
  }
  return { data: { sessions: sum, days }, time_zone: zone };
}

function keysOf(activity: ActivityView, states: readonly string[]): string[] {
  return activity
    .all()
    .filter((s) => isAmong(s.activity, states))
    .map((s) => s.session_key);
}

function timelineOf(
  timeline: ReturnType<typeof timelineQueries>,
  agents: SessionDetail["agent_list"],
  row: SessionRow,
  request: RouteRequest<"GET /api/sessions/:id/timeline">["query"],
  now: number,
) {
  const at = fromCursor(request.cursor, Place);
  const after = at && { t: at[1], rank: at[2], id: at[3] };
  const { agent_id, only, offset, limit } = request;
  const kinds = only?.filter((part) => part !== "failed");
  const places = timeline.placesAfter(row.session_pk, after, {
    agent_id,
    offset,
    limit: limit + 1,
    failed: only?.includes("failed"),
    ranks: kinds && kinds.length > 0 ? kinds.map((kind) => KINDS.indexOf(kind)) : undefined,
  });
  const page = places.slice(0, request.limit);
  const last = places.length > request.limit ? page.at(-1) : undefined;
  const items = toItems(timeline, row.session_pk, page, agents, isSilent(row, now));
  return {
    data: { session_key: sessionKey(row), agents, items },
    next_cursor: last ? toCursor(["at", last.t, last.rank, last.id]) : null,
  };
}

function toAggregation(
  parts: Parts,
  row: SessionRow,
  time_zone: string,
  period: "hour" | "day" | "week" | "month",
): SessionAggregation {
  const quarters = parts.usageByQuarterOf(row.session_pk);
  const total = noSums();
  for (const quarter of quarters) addSums(total, quarter);
  const models = parts
    .usageByModelOf(row.session_pk)
    .map(({ model, ...sums }) => ({ model, ...toTotals(sums) }));
  return {
    session_key: sessionKey(row),
    time_zone,
    total: toTotals(total),
    models: byCost(models),
    agents: parts
      .usageByAgentOf(row.session_pk)
      .map(({ agent_id, ...sums }) => ({ agent_id, ...toTotals(sums) })),
    buckets: toBuckets(quarters, period, time_zone),
    events: parts.eventCountsOf(row.session_pk),
  };
}

/** A session touches few quarter hours, so they are put into buckets here; only buckets with usage are listed. */
function toBuckets(
  quarters: (Sums & { bucket_unix_ms: number })[],
  period: "hour" | "day" | "week" | "month",
  zone: string,
): SessionAggregation["buckets"] {
  const out = new Map<number, { bucket: string; until: number; sums: Sums }>();
  let current: { bucket: string; until: number; sums: Sums } | undefined;
  for (const { bucket_unix_ms: at, ...sums } of quarters) {
    if (!current || at >= current.until) {
      const found = cut(period, { from_unix_ms: at, until_unix_ms: at + QUARTER_MS }, zone)[0]!;
      current = { bucket: found.bucket, until: found.until_unix_ms, sums: noSums() };
      out.set(found.bucket_unix_ms, current);
    }
    addSums(current.sums, sums);
  }
  return [...out].map(([bucket_unix_ms, { bucket, sums }]) => ({
    bucket,
    bucket_unix_ms,
    ...toTotals(sums),
  }));
}
