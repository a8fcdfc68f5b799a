import type { LimitDial, LimitWindow } from "../../schema/api-limits.ts";
import { DAY_MS } from "../../schema/durations.ts";
import {
  type CreditReading,
  DIALS,
  elapsedRatio,
  forecast,
  isStale,
  mainLimitId,
  paceRatio,
  resetSeconds,
  usageRatio,
} from "../../schema/rate-limits.ts";
import { newestCredits } from "../../store/credits.ts";
import { isNoLongerReported, type LimitQueries, type LimitRow } from "../../store/queries/limits.ts";

/** A month and some days: a window without a report for this long is not current. */
const LISTED_MS = 35 * DAY_MS;
const MINUTE_MS = 60_000;

export type CurrentWindow = Omit<LimitWindow, "forecast" | "previous"> & { row: LimitRow };

/** Every series with its current state; accounts are separate. */
export function currentWindows(limits: Pick<LimitQueries, "latest">, now: number): CurrentWindow[] {
  const rows = limits.latest(now);
  return rows.filter((row) => now - row.time_unix_ms <= LISTED_MS).map((row) => toWindow(row, rows, now));
}

/** Reports of files and of polled sources, the newer one of each account and limit. */
export function currentCredits(
  limits: Pick<LimitQueries, "credits">,
  sampled: CreditReading[],
): CreditReading[] {
  return newestCredits([...limits.credits(), ...sampled]);
}

function toWindow(row: LimitRow, all: readonly LimitRow[], now: number): CurrentWindow {
  const state = stateOf(row, all, now);
  const hasValue = state === "fresh" || state === "stale";
  const value = <T>(known: T | undefined): T | null => (hasValue ? (known ?? null) : null);
  const reset = resetOf(row, now);
  const pace = paceRatio(usageRatio(row), row.resets_at_unix_ms, row.window_minutes, now);
  const { source, account, limit_id, window, window_minutes, origin, time_unix_ms } = row;
  return {
    source,
    account,
    limit_id,
    window,
    dial: dialOf(row),
    state,
    used_percent: value(row.used_percent),
    remaining_percent: value(Math.max(0, 100 - row.used_percent)),
    usage_ratio: value(usageRatio(row)),
    pace_ratio: value(pace),
    reset_seconds: value(reset),
    resets_at_unix_ms: reset === undefined ? null : value(row.resets_at_unix_ms),
    window_minutes,
    origin,
    time_unix_ms,
    age_seconds: Math.max(0, (now - time_unix_ms) / 1000),
    last_used_percent: row.used_percent,
    row,
  };
}

/** Also absent if more time is left than the length of the window: then one of the two clocks is wrong. */
function resetOf(row: LimitRow, now: number): number | undefined {
  const left = resetSeconds(row.resets_at_unix_ms, now);
  if (left === undefined || row.window_minutes === null) return left;
  const isPossible = left * 1000 <= row.window_minutes * MINUTE_MS + MINUTE_MS;
  return isPossible || elapsedRatio(row.resets_at_unix_ms, row.window_minutes, now) !== undefined
    ? left
    : undefined;
}

function stateOf(row: LimitRow, all: readonly LimitRow[], now: number): LimitWindow["state"] {
  if (isNoLongerReported(row, all)) return "no_longer_reported";
  if (row.resets_at_unix_ms !== null && row.resets_at_unix_ms <= now) return "ended";
  const isOver = row.window_minutes !== null && now - row.time_unix_ms > row.window_minutes * MINUTE_MS;
  if (isOver) return "ended";
  return isStale(row, now) ? "stale" : "fresh";
}

function dialOf(row: LimitRow): LimitWindow["dial"] {
  if (row.limit_id !== (mainLimitId(row.source) ?? row.limit_id)) return null;
  return DIALS.find((d) => d.source === row.source && d.window === row.window)?.dial ?? null;
}

export function withForecast(limits: LimitQueries, { row, ...window }: CurrentWindow): LimitWindow {
  return {
    ...window,
    forecast: window.used_percent === null ? null : forecast(limits.readingsOf(row)),
    previous: limits.closedBefore(row),
  };
}

const USABLE: Record<LimitWindow["state"], number> = {
  fresh: 0,
  stale: 0,
  ended: 1,
  no_longer_reported: 1,
  not_reported: 2,
};

/** With several accounts one represents all: one that still reports, `default` first, then by name. */
export function mainAccount(windows: readonly Pick<LimitWindow, "account" | "state">[]): string | undefined {
  const rank = (w: (typeof windows)[number]) =>
    `${USABLE[w.state]} ${w.account === "default" ? 0 : 1} ${w.account}`;
  return windows.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))[0]?.account;
}

/** The series under a plain name: the main limit of one account of each source. */
export function mainWindows<W extends Pick<LimitWindow, "source" | "account" | "state" | "limit_id">>(
  windows: readonly W[],
): W[] {
  return Map.groupBy(
    windows.filter((w) => w.limit_id === (mainLimitId(w.source) ?? w.limit_id)),
    (w) => w.source,
  )
    .values()
    .toArray()
    .flatMap((ofSource) => {
      const account = mainAccount(ofSource);
      return ofSource.filter((w) => w.account === account);
    });
}

const UNKNOWN = {
  account: null,
  limit_id: null,
  state: "not_reported",
  used_percent: null,
  remaining_percent: null,
  usage_ratio: null,
  pace_ratio: null,
  reset_seconds: null,
  resets_at_unix_ms: null,
  window_minutes: null,
  forecast: null,
  origin: null,
  time_unix_ms: null,
  age_seconds: null,
  last_used_percent: null,
  previous: null,
} as const satisfies Partial<LimitDial>;

export function toDials(windows: readonly LimitWindow[]): LimitDial[] {
  const main = mainWindows(windows);
  return DIALS.map(({ dial, source, window, title }) => {
    const { dial: _, ...shown } = main.find((w) => w.dial === dial) ?? { ...UNKNOWN, source, window, dial };
    return { dial, title, ...shown };
  });
}
