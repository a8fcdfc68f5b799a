import type { Database } from "bun:sqlite";
import type { SourceName } from "../../schema/events.ts";
import type { RateLimitSample } from "../batch.ts";
import { CAN_BE, type LimitKey, limitQueries } from "./limits.ts";

const HOUR_MS = 3_600_000;

export type HistoryScope = {
  source?: SourceName | undefined;
  account?: string | undefined;
  limit_id?: string | undefined;
  window?: string | undefined;
};
export type HourPoint = {
  hour_unix_ms: number;
  samples: number;
  min_used_percent: number;
  max_used_percent: number;
  last_used_percent: number;
  resets_at_unix_ms: number | null;
};
export type RawPoint = LimitKey & {
  sample_pk: number;
  time_unix_ms: number;
  used_percent: number;
  resets_at_unix_ms: number | null;
  origin: RateLimitSample["origin"];
};
type Span = { from_unix_ms: number; until_unix_ms: number };
type SeriesParams = [string, string, string, string, number, number];

const OF_SERIES = `source = ?1 and account = ?2 and limit_id = ?3 and window = ?4 and ${CAN_BE}`;
const IN_SPAN = `${OF_SERIES} and time_unix_ms >= ?5 and time_unix_ms < ?6`;

/** Samples over time, one series after the other, each read from its own range of the index. */
export function limitHistoryQueries(db: Database) {
  const { keys } = limitQueries(db);
  // The last of an hour is looked up by its time: SQLite picks no row when two aggregates name one each.
  const hours = db.query<HourPoint, SeriesParams>(`
    select h.hour_unix_ms, h.samples, h.min_used_percent, h.max_used_percent,
      l.used_percent as last_used_percent, l.resets_at_unix_ms
    from (select time_unix_ms / ${HOUR_MS} * ${HOUR_MS} as hour_unix_ms, count(*) as samples,
        min(used_percent) as min_used_percent, max(used_percent) as max_used_percent, max(time_unix_ms) as last_unix_ms
      from rate_limit_samples where ${IN_SPAN} group by 1) h
    join rate_limit_samples l on l.sample_pk = (select sample_pk from rate_limit_samples
      where ${OF_SERIES} and time_unix_ms = h.last_unix_ms order by sample_pk desc limit 1)
    order by h.hour_unix_ms`);
  const raw = db.query<RawPoint, [...SeriesParams, number, number, number]>(`
    select sample_pk, source, account, limit_id, window, time_unix_ms, used_percent, resets_at_unix_ms, origin
    from rate_limit_samples where ${IN_SPAN} and (time_unix_ms, sample_pk) > (?7, ?8)
    order by time_unix_ms, sample_pk limit ?9`);

  return {
    /** Series in scope, in the order of their names. */
    series: (scope: HistoryScope): LimitKey[] =>
      keys().filter((key) =>
        (["source", "account", "limit_id", "window"] as const).every(
          (name) => scope[name] === undefined || scope[name] === key[name],
        ),
      ),

    /** UTC hours with a sample; an hour without one is a gap, not a zero. */
    hours: (k: LimitKey, span: Span): HourPoint[] =>
      hours.all(k.source, k.account, k.limit_id, k.window, span.from_unix_ms, span.until_unix_ms),

    /** A page of single samples, oldest first, after the given one. */
    raw: (
      k: LimitKey,
      span: Span,
      after: { time_unix_ms: number; sample_pk: number },
      limit: number,
    ): RawPoint[] =>
      raw.all(
        k.source,
        k.account,
        k.limit_id,
        k.window,
        span.from_unix_ms,
        span.until_unix_ms,
        after.time_unix_ms,
        after.sample_pk,
        limit,
      ),
  };
}
