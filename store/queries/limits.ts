import type { Database } from "bun:sqlite";
import type { SourceName } from "../../schema/events.ts";
import { MOST_PERCENT } from "../../schema/gate.ts";
import type { CreditReading, Reading } from "../../schema/rate-limits.ts";
import type { RateLimitSample } from "../batch.ts";

export type LimitKey = { source: SourceName; account: string; limit_id: string; window: string };
export type LimitRow = LimitKey &
  Reading & { origin: RateLimitSample["origin"]; session_id: string; sample_pk: number };
/** The end of a past window. */
export type ClosedWindow = { used_percent: number; resets_at_unix_ms: number; time_unix_ms: number };

type CreditRow = Omit<CreditReading, "has_credits" | "is_unlimited"> & {
  has_credits: number;
  is_unlimited: number;
};

/** A clock that runs ahead must not keep its sample the newest one forever. */
const AHEAD_MS = 5 * 60_000;
/** More series than any user has; beyond it a program generates names. */
const MAX_SERIES = 500;
/** Readings of one moment may be written some seconds apart. */
const ONE_REPORT_MS = 60_000;
/** Enough to show the growth of a window; a busy week has tens of thousands. */
const FORECAST_READINGS = 200;
const JITTER_MS = 60_000;

const KEY = "source, account, limit_id, window";
/** Readings that were stored before there was a plausibility check. */
export const CAN_BE = `used_percent between 0 and ${MOST_PERCENT}`;
const OF_KEY = `source = ?1 and account = ?2 and limit_id = ?3 and window = ?4 and ${CAN_BE}`;
const ROW = `sample_pk, ${KEY}, origin, window_minutes, used_percent, resets_at_unix_ms, time_unix_ms, session_id`;
type KeyParams = [string, string, string, string];
const toParams = (k: LimitKey): KeyParams => [k.source, k.account, k.limit_id, k.window];

/** The current state from samples. Every query is one index lookup, however long the history is. */
export function limitQueries(db: Database) {
  const q = statements(db);

  function keys(): LimitKey[] {
    const found: LimitKey[] = [];
    let key: LimitKey | null = { source: "" as SourceName, account: "", limit_id: "", window: "" };
    while (found.length < MAX_SERIES) {
      key = q.nextKey.get(...toParams(key));
      if (!key) break;
      found.push(key);
    }
    return found;
  }

  return {
    keys,

    /** The newest sample of every series, by its own time, regardless of when or from which file it was read. */
    latest: (now: number): LimitRow[] =>
      keys().flatMap((key) => q.latest.get(...toParams(key), now + AHEAD_MS) ?? []),

    credits: (): CreditReading[] =>
      q.credits
        .all()
        .map((c) => ({ ...c, has_credits: c.has_credits === 1, is_unlimited: c.is_unlimited === 1 })),

    /** Readings of the window of `row`, thinned out, oldest first. */
    readingsOf(row: LimitRow): Reading[] {
      const length = (row.window_minutes ?? 300) * 60_000;
      const start = Math.min(row.resets_at_unix_ms ?? row.time_unix_ms, row.time_unix_ms + length) - length;
      const step = Math.max(1, Math.floor(length / FORECAST_READINGS));
      return q.readings.all(...toParams(row), start, row.time_unix_ms, step);
    },

    /** The window before the one of `row`, as it was last seen. */
    closedBefore(row: LimitRow): ClosedWindow | null {
      if (row.resets_at_unix_ms === null || row.window_minutes === null) return null;
      const earliest = row.time_unix_ms - 2 * row.window_minutes * 60_000;
      return q.closed.get(
        ...toParams(row),
        earliest,
        row.time_unix_ms,
        row.resets_at_unix_ms - 2 * JITTER_MS,
      );
    },
  };
}
export type LimitQueries = ReturnType<typeof limitQueries>;

function statements(db: Database) {
  return {
    nextKey: db.query<LimitKey, KeyParams>(
      `select ${KEY} from rate_limit_samples where (${KEY}) > (?1, ?2, ?3, ?4) order by ${KEY} limit 1`,
    ),
    latest: db.query<LimitRow, [...KeyParams, number]>(
      `select ${ROW} from rate_limit_samples where ${OF_KEY} and time_unix_ms <= ?5
      order by time_unix_ms desc, sample_pk desc limit 1`,
    ),
    readings: db.query<Reading, [...KeyParams, number, number, number]>(`
      select used_percent, resets_at_unix_ms, window_minutes, max(time_unix_ms) as time_unix_ms
      from rate_limit_samples where ${OF_KEY} and time_unix_ms between ?5 and ?6
      group by time_unix_ms / ?7 order by time_unix_ms`),
    closed: db.query<ClosedWindow, [...KeyParams, number, number, number]>(`
      select used_percent, resets_at_unix_ms, time_unix_ms from rate_limit_samples
      where ${OF_KEY} and time_unix_ms between ?5 and ?6 and resets_at_unix_ms <= ?7
      order by time_unix_ms desc, sample_pk desc limit 1`),
    credits: db.query<CreditRow, []>("select * from credit_readings order by source, account, limit_id"),
  };
}

/** These report every window at once, so a window that a later report omits no longer exists. */
const WHOLE_REPORTS = new Set<string>(["statusline", "rollout", "app_server", "command", "client_cache"]);

/** Whether the source of this reading has reported the same limit since, without this window. */
export function isNoLongerReported(row: LimitRow, all: readonly LimitRow[]): boolean {
  if (!WHOLE_REPORTS.has(row.origin)) return false;
  return all.some(
    (other) =>
      other.source === row.source &&
      other.account === row.account &&
      other.limit_id === row.limit_id &&
      other.origin === row.origin &&
      other.time_unix_ms - row.time_unix_ms > ONE_REPORT_MS,
  );
}
