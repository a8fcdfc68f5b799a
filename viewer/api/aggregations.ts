import type { Period } from "../../schema/api-params.ts";
import type { Costs } from "../../schema/api-shapes.ts";
import type { RouteRequest } from "../../schema/api-types.ts";
import { DAY_MS, WEEK_MS } from "../../schema/durations.ts";
import { AppError } from "../../schema/errors.ts";
import {
  ATTRIBUTION_GROUPS,
  type AttributionGroup,
  type BranchGroup,
  type Group,
  knowsModel,
} from "../../schema/groups.ts";
import { aggregationQueries, type CountRow, type UsageRow } from "../../store/queries/aggregations.ts";
import type { KindCost } from "../../store/queries/attribution.ts";
import type { Scope } from "../../store/queries/scope.ts";
import { toTotals } from "../../store/queries/totals.ts";
import { type Bucket, cutWithin, QUARTER_MS, toQuarters } from "../../store/queries/zone.ts";
import { addSums, noSums, type Sums } from "../../store/sums.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { type AggregationsQuery, type Cell, type Span, toAggregations } from "./aggregation-shape.ts";
import { judgedOf, type Times, times } from "./answer.ts";

/** More than a year of hours; a page of more is a mistake, and days answer it faster. */
const MAX_BUCKETS = 10_000;
const SPANS = { "24h": 1, "7d": 7, "30d": 30 } as const;

type CostsQuery = RouteRequest<"GET /api/costs">["query"];

export function aggregationHandlers(deps: ViewerDeps) {
  const queries = aggregationQueries(deps.reader, judgedOf(deps).toolsOf);
  const aggregations = (request: AggregationsQuery) => {
    checkGroup(request);
    const span = range(deps, queries.firstRecord(), request, request.period);
    const cells = cellsOf(queries, request, span.buckets, request);
    // Turns with two tools are in two groups, so their sum is not a total.
    const isApart =
      request.group_by === "kind" || (request.group_by === "tool" && request.metric !== "count");
    const whole = isApart
      ? cellsOf(queries, { ...request, group_by: undefined }, span.buckets, request)
      : cells;
    return { data: toAggregations(request, span, cells, whole, queries), time_zone: span.time_zone };
  };
  const costs = (request: CostsQuery) => {
    const { period, ...times } = spanOf(deps, request);
    const span = range(deps, queries.firstRecord(), { ...request, ...times }, period);
    const rows = queries.usageByBucket(span.buckets, "model", request);
    const groups =
      request.group_by === undefined ? [] : groupsOf(queries, request.group_by, span.buckets, request);
    return { data: toCosts(request, period, span, rows, groups), time_zone: span.time_zone };
  };
  return {
    "GET /api/metrics/aggregations": ({ query }) => aggregations(query),
    "GET /api/aggregations": ({ query }) => aggregations(query),
    "GET /api/metrics/costs": ({ query }) => costs(query),
    "GET /api/costs": ({ query }) => costs(query),
  } satisfies Partial<Handlers>;
}

function spanOf(deps: ViewerDeps, request: CostsQuery): { period: Period; start_time?: string } {
  const { period } = request;
  if (period !== "24h" && period !== "7d" && period !== "30d") return { period };
  const start = (deps.now?.() ?? Date.now()) - SPANS[period] * DAY_MS;
  return { period: period === "24h" ? "hour" : "day", start_time: request.start_time ?? String(start) };
}

function checkGroup({ metric, group_by, model }: AggregationsQuery): void {
  if (model !== undefined && group_by !== undefined && !knowsModel(group_by))
    throw new AppError("bad_request", `model: cannot be combined with group_by=${group_by}`, {
      hint: "leave one of them out",
    });
  if (metric !== "cost" && group_by === "kind")
    throw new AppError("bad_request", `group_by: ${metric} cannot be split by ${group_by}`, {
      hint: "use metric=cost",
    });
  if (metric !== "count" && group_by === "event_type")
    throw new AppError("bad_request", `group_by: ${metric} cannot be split by ${group_by}`, {
      hint: "use metric=count, or group by model, session, project or source",
    });
}

/** Without a start: from the first record, but at most a week of hours. */
function range(deps: ViewerDeps, first: number | null, request: Times, period: Period): Span {
  const { zone, from_unix_ms, until_unix_ms } = times(deps, request);
  const now = deps.now?.() ?? Date.now();
  const until = until_unix_ms ?? Math.max(now, from_unix_ms ?? 0);
  const earliest = period === "hour" ? Math.max(first ?? until, until - WEEK_MS) : (first ?? until);
  const span = toQuarters({ from_unix_ms: Math.min(from_unix_ms ?? earliest, until), until_unix_ms: until });
  if ((span.until_unix_ms - span.from_unix_ms) / (period === "hour" ? 4 * QUARTER_MS : DAY_MS) > MAX_BUCKETS)
    throw new AppError("bad_request", `start_time: the range has more than ${MAX_BUCKETS} buckets`, {
      hint: "use a longer period or a shorter range",
    });
  const buckets = cutWithin(period, span, zone);
  return { time_zone: zone, ...span, first_record_unix_ms: first, buckets };
}

type Queries = ReturnType<typeof aggregationQueries>;

function cellsOf(
  queries: Queries,
  { metric, group_by }: AggregationsQuery,
  buckets: Bucket[],
  scope: Scope & { model?: string | undefined },
): Cell[] {
  if (group_by === "tool" && metric === "count")
    return queries.toolCallsByBucket(buckets, scope).map((r) => ({ ...r, sums: null }));
  if (group_by === "tool" || group_by === "plan" || (group_by !== undefined && isAttribution(group_by)))
    return usageBy(queries, group_by, buckets, scope).map((r) => toCell(r, group_by));
  if (group_by === "prompt") return queries.byPrompt(buckets, scope).map((r) => toCell(r, group_by));
  if (group_by === "kind") return queries.byKind(buckets, scope).map(toKindCell);
  const group = group_by ?? null;
  const columns = metric === "tokens" ? "all" : "money";
  const usage = queries
    .usageByBucket(buckets, group === "event_type" ? null : group, scope, columns)
    .map((r) => toCell(r, group));
  if (metric !== "count" || group === "model" || scope.model !== undefined) return usage;
  const events = queries.eventsByBucket(buckets, group, scope).map((r) => ({ ...r, sums: null }));
  return merge(usage, events);
}

function toKindCell({ bucket_unix_ms, kind, cost_nano_usd, requests }: KindCost): Cell {
  return { bucket_unix_ms, grp: kind, sums: { ...noSums(), cost_nano_usd, requests }, count: requests };
}

function isAttribution(group: Group): group is AttributionGroup {
  return ATTRIBUTION_GROUPS.some((g) => g === group);
}

function toCell(row: UsageRow, group: Group | null): Cell {
  const { bucket_unix_ms, grp, ...sums } = row;
  return { bucket_unix_ms, grp: group === "event_type" ? "api_response" : grp, sums, count: row.requests };
}

/** A response is an event too: requests and other events of one group are one count. */
function merge(usage: Cell[], events: (CountRow & { sums: null })[]): Cell[] {
  const cells = new Map<string, Cell>();
  for (const cell of [...usage.map((u) => ({ ...u, sums: null })), ...events]) {
    const key = `${cell.bucket_unix_ms} ${cell.grp}`;
    const known = cells.get(key);
    if (known) known.count += cell.count;
    else cells.set(key, { ...cell });
  }
  return [...cells.values()].filter((c) => c.count > 0).sort((a, b) => a.bucket_unix_ms - b.bucket_unix_ms);
}

function groupsOf(
  queries: Queries,
  group: AttributionGroup | BranchGroup | "tool" | "plan",
  buckets: Bucket[],
  scope: Scope,
): Costs["groups"] {
  const labels = group === "plan" ? queries.planNames() : new Map<string, string>();
  const sums = new Map<string, Sums>();
  for (const { grp, ...row } of usageBy(queries, group, buckets, scope)) {
    const sum = sums.get(grp ?? "") ?? noSums();
    sums.set(grp ?? "", sum);
    addSums(sum, row);
  }
  return byCost(
    [...sums].map(([grp, sum]) => ({ group: grp, label: labels.get(grp) ?? null, ...toTotals(sum) })),
  );
}

function usageBy(
  queries: Queries,
  group: AttributionGroup | BranchGroup | "tool" | "plan",
  buckets: Bucket[],
  scope: Scope,
): UsageRow[] {
  if (group === "plan") return queries.usageByPlan(buckets, scope);
  if (group === "tool") return queries.byTool(buckets, scope);
  return isAttribution(group)
    ? queries.byAttribution(buckets, group, scope)
    : queries.usageByBucket(buckets, group, scope);
}

function toCosts(
  request: CostsQuery,
  period: Period,
  span: Span,
  rows: UsageRow[],
  groups: Costs["groups"],
): Costs {
  const names = new Map(span.buckets.map((b) => [b.bucket_unix_ms, b.bucket]));
  const models = new Map<string, Sums>();
  const total = noSums();
  for (const row of rows) {
    const model = models.get(row.grp ?? "") ?? noSums();
    models.set(row.grp ?? "", model);
    addSums(model, row);
    addSums(total, row);
  }
  return {
    ...span,
    period,
    rows: rows.map((row) => ({
      bucket: names.get(row.bucket_unix_ms) ?? "",
      bucket_unix_ms: row.bucket_unix_ms,
      model: row.grp ?? "",
      ...toTotals(row),
    })),
    models: byCost([...models].map(([model, sums]) => ({ model, ...toTotals(sums) }))),
    group_by: request.group_by ?? null,
    groups,
    total: toTotals(total),
  };
}

export function byCost<T extends { cost_nano_usd: number | null; total_tokens: number }>(rows: T[]): T[] {
  return rows.sort(
    (a, b) => (b.cost_nano_usd ?? -1) - (a.cost_nano_usd ?? -1) || b.total_tokens - a.total_tokens,
  );
}
