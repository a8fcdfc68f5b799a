import type { Period } from "../../schema/api-params.ts";
import { DAY_MS } from "../../schema/durations.ts";

/** Rollups are per quarter hour: every current time zone is aligned to one. */
export const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;

export type Bucket = { bucket: string; bucket_unix_ms: number; until_unix_ms: number };
export type Range = { from_unix_ms: number; until_unix_ms: number };

/** Widens to whole quarter hours, the finest resolution of a rollup. */
export function toQuarters(range: Range): Range {
  return {
    from_unix_ms: Math.floor(range.from_unix_ms / QUARTER_MS) * QUARTER_MS,
    until_unix_ms: Math.ceil(range.until_unix_ms / QUARTER_MS) * QUARTER_MS,
  };
}

/** The whole quarter hours within a range; the rest is not in a separate rollup. */
export function quartersWithin({ from_unix_ms, until_unix_ms }: Range): Range {
  const from = Math.min(Math.ceil(from_unix_ms / QUARTER_MS) * QUARTER_MS, until_unix_ms);
  const until = Math.max(Math.floor(until_unix_ms / QUARTER_MS) * QUARTER_MS, from);
  return { from_unix_ms: from, until_unix_ms: until };
}

/**
 * SQL: sessions with a quarter hour of requests that touches [$from, $until). A superset of those with requests in the
 * range: the requests of a partly covered quarter may be outside of it.
 */
export const SESSIONS_TOUCHING = `select distinct u.session_pk from usage_rollup u
  where u.bucket_unix_ms > $from - ${QUARTER_MS} and u.bucket_unix_ms < $until`;

const EPOCH = "1970-01-01";

/** UTC is computed: the calendar of a zone takes 4 ms to load. */
function dayOf(unixMs: number, zone: string): Temporal.PlainDate {
  if (zone === "UTC") return Temporal.PlainDate.from(EPOCH).add({ days: Math.floor(unixMs / DAY_MS) });
  return Temporal.Instant.fromEpochMilliseconds(unixMs).toZonedDateTimeISO(zone).toPlainDate();
}

/** First instant of a local day; if midnight does not exist, the first one that does. */
export function startOfDay(day: Temporal.PlainDate | string, zone: string): number {
  const date = Temporal.PlainDate.from(day);
  if (zone === "UTC") return date.since(EPOCH).days * DAY_MS;
  return date.toZonedDateTime(zone).epochMilliseconds;
}

function firstDay(day: Temporal.PlainDate, period: Period): Temporal.PlainDate {
  if (period === "month") return day.with({ day: 1 });
  return period === "week" ? day.subtract({ days: day.dayOfWeek - 1 }) : day;
}

const STEP = { hour: { days: 1 }, day: { days: 1 }, week: { days: 7 }, month: { months: 1 } } as const;

/** The local hours, days, weeks (from Monday) or months that overlap a range; a day of 25 hours has 25. */
export function cut(period: Period, range: Range, zone: string): Bucket[] {
  if (range.until_unix_ms <= range.from_unix_ms) return [];
  const buckets: Bucket[] = [];
  let day = firstDay(dayOf(range.from_unix_ms, zone), period);
  for (let start = startOfDay(day, zone); start < range.until_unix_ms; ) {
    const next = day.add(STEP[period]);
    const until = startOfDay(next, zone);
    if (period === "hour") buckets.push(...hours(start, until, zone));
    else if (until > start)
      buckets.push({ bucket: label(day, period), bucket_unix_ms: start, until_unix_ms: until });
    day = next;
    start = until;
  }
  return buckets.filter(
    (b) => b.until_unix_ms > range.from_unix_ms && b.bucket_unix_ms < range.until_unix_ms,
  );
}

/** The same, with the first and the last cut to the range: their contents add up to that of the range. */
export function cutWithin(period: Period, range: Range, zone: string): Bucket[] {
  return cut(period, range, zone).map(({ bucket, bucket_unix_ms, until_unix_ms }) => ({
    bucket,
    bucket_unix_ms: Math.max(bucket_unix_ms, range.from_unix_ms),
    until_unix_ms: Math.min(until_unix_ms, range.until_unix_ms),
  }));
}

function label(day: Temporal.PlainDate, period: Period): string {
  return period === "month" ? day.toString().slice(0, 7) : day.toString();
}

function hours(from: number, until: number, zone: string): Bucket[] {
  const out: Bucket[] = [];
  for (let start = from; start < until; ) {
    const local = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(zone);
    const end = Math.min(hourEnd(start, local, zone), until);
    out.push({
      bucket: local.toString({ timeZoneName: "never", smallestUnit: "minute" }),
      bucket_unix_ms: start,
      until_unix_ms: end,
    });
    start = end;
  }
  return out;
}

/** A clock change may fall inside the hour (Lord Howe moves by 30 minutes), so the offset is compared. */
function hourEnd(start: number, local: Temporal.ZonedDateTime, zone: string): number {
  const plain = start + HOUR_MS - (local.minute * 60_000 + local.second * 1000 + local.millisecond);
  const change = local.getTimeZoneTransition("next")?.epochMilliseconds;
  if (change === undefined || change >= plain || zone === "UTC") return plain;
  return change;
}

/** `2026-11-01`, an ISO time (local where it has no offset) or Unix milliseconds; a day as an end is that whole day. */
export function toInstant(text: string, zone: string, edge: "start" | "end"): number {
  if (/^\d+$/.test(text)) return Number(text);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const day = Temporal.PlainDate.from(text, { overflow: "reject" });
    return startOfDay(edge === "end" ? day.add({ days: 1 }) : day, zone);
  }
  if (/(Z|[+-]\d{2}:?\d{2})$/i.test(text)) return Temporal.Instant.from(text).epochMilliseconds;
  return Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
}
