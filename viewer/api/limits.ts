import * as z from "zod";
import type { LimitSource, LimitsHistory } from "../../schema/api-limits.ts";
import type { RouteRequest } from "../../schema/api-types.ts";
import { DAY_MS } from "../../schema/durations.ts";
import { AppError } from "../../schema/errors.ts";
import { MAX_LIMIT } from "../../schema/paging.ts";
import type { SourceHealth } from "../../schema/rate-limits.ts";
import { creditRunQueries } from "../../store/queries/credit-runs.ts";
import { type LimitKey, limitQueries } from "../../store/queries/limits.ts";
import { limitHistoryQueries, type RawPoint } from "../../store/queries/limits-history.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { currentCredits, currentWindows, toDials, withForecast } from "../limits/current.ts";
import { statusDocument } from "../limits/status-json.ts";
import { fromCursor, times, toCursor } from "./answer.ts";

const DEFAULT_SPAN = { hour: 30 * DAY_MS, raw: DAY_MS } as const;
const LONGEST_MS = 400 * DAY_MS;

export function limitHandlers(deps: ViewerDeps) {
  const limits = limitQueries(deps.reader);
  const history = limitHistoryQueries(deps.reader);
  const creditRuns = creditRunQueries(deps.reader);
  const clock = () => deps.now?.() ?? Date.now();

  return {
    "GET /api/limits": ({ query }) => {
      const now = clock();
      const isWanted = (w: { source: string; account: string }) =>
        (query.source === undefined || w.source === query.source) &&
        (query.account === undefined || w.account === query.account);
      const windows = currentWindows(limits, now)
        .filter(isWanted)
        .map((w) => withForecast(limits, w));
      return {
        data: {
          dials: toDials(windows),
          windows,
          credits: currentCredits(limits, deps.limits?.credits?.() ?? []).filter(isWanted),
          sources: (deps.limits?.health() ?? []).filter(isWanted).map((health) => toSource(health, now)),
        },
      };
    },
    "GET /api/limits/credits": ({ query }) => {
      const { from_unix_ms = 0, until_unix_ms = Number.MAX_SAFE_INTEGER } = times(deps, query);
      return { data: creditRuns.between(query, { from_unix_ms, until_unix_ms }, MAX_LIMIT) };
    },
    "GET /api/limits/history": ({ query }) => historyOf(deps, history, query, clock()),
    "GET /status.json": () =>
      statusDocument(currentWindows(limits, clock()), deps.limits?.health() ?? [], clock()),
  } satisfies Partial<Handlers>;
}

function historyOf(
  deps: ViewerDeps,
  history: ReturnType<typeof limitHistoryQueries>,
  {
    resolution,
    limit,
    cursor,
    start_time,
    end_time,
    ...scope
  }: RouteRequest<"GET /api/limits/history">["query"],
  now: number,
) {
  const { from_unix_ms, until_unix_ms = now + 1 } = times(deps, { start_time, end_time });
  const span = { from_unix_ms: from_unix_ms ?? until_unix_ms - DEFAULT_SPAN[resolution], until_unix_ms };
  if (until_unix_ms - span.from_unix_ms > LONGEST_MS)
    throw new AppError("bad_request", "start_time: more than 400 days before end_time", {
      hint: "use a shorter range",
    });
  const keys = history.series(scope);
  if (resolution === "raw") {
    const page = rawPage(history, keys, span, limit, fromCursor(cursor, Place));
    return { data: { resolution, ...span, series: page.series }, next_cursor: page.next };
  }
  const series = keys
    .map((key) => ({ ...key, hours: history.hours(key, span).map(withRemaining), points: [] }))
    .filter((s) => s.hours.length > 0);
  return { data: { resolution, ...span, series }, next_cursor: null };
}

function toSource(health: SourceHealth, now: number): LimitSource {
  const attempts = health.captures + health.failures;
  const at = health.last_success_unix_ms;
  return {
    ...health,
    success_ratio: attempts === 0 ? null : health.captures / attempts,
    last_success_age_seconds: at === null ? null : Math.max(0, (now - at) / 1000),
  };
}

const withRemaining = <T extends { max_used_percent: number }>(hour: T) => ({
  ...hour,
  min_remaining_percent: Math.max(0, 100 - hour.max_used_percent),
});

/** Time and row of the last reading of the previous page, then its series. */
const Place = z.tuple([z.string(), z.string(), z.string(), z.string(), z.int(), z.int()]);

const order = (k: LimitKey) => [k.source, k.account, k.limit_id, k.window];
const compare = (a: readonly (string | number)[], b: readonly (string | number)[]) => {
  const at = a.findIndex((part, i) => part !== b[i]);
  return at < 0 ? 0 : a[at]! < b[at]! ? -1 : 1;
};

function rawPage(
  history: ReturnType<typeof limitHistoryQueries>,
  series: LimitKey[],
  span: { from_unix_ms: number; until_unix_ms: number },
  limit: number,
  place: z.infer<typeof Place> | undefined,
) {
  const from = place?.slice(0, 4) as string[] | undefined;
  const found: LimitsHistory["series"] = [];
  let left = limit;
  let last: RawPoint | undefined;
  for (const key of series) {
    const side = from ? compare(order(key), from) : 1;
    if (side < 0) continue;
    const after = { time_unix_ms: side === 0 ? place![4] : -1, sample_pk: side === 0 ? place![5] : -1 };
    // One more than fits shows whether another page is needed.
    const points = history.raw(key, span, after, left + 1);
    if (left > 0 && points.length > 0)
      found.push({ ...key, hours: [], points: points.slice(0, left).map(toPoint) });
    last = points[Math.min(left, points.length) - 1] ?? last;
    if (points.length > left)
      return { series: found, next: toCursor([...order(last!), last!.time_unix_ms, last!.sample_pk]) };
    left -= points.length;
  }
  return { series: found, next: null };
}

function toPoint(p: RawPoint) {
  const { time_unix_ms, used_percent, resets_at_unix_ms, origin } = p;
  return {
    time_unix_ms,
    used_percent,
    remaining_percent: Math.max(0, 100 - used_percent),
    resets_at_unix_ms,
    origin,
  };
}
