/**
 * Derived values of a rate limit: names of windows, dials, pace, forecast. Pure, and without zod, because the status
 * line loads this on every redraw. An unknown value is `undefined`, never 0, NaN or Infinity.
 */

import type { SourceName } from "./events.ts";
import { SLOT_ORDER, VENDORS, vendorNamed } from "./vendors.ts";

const MINUTE = 60_000;

/** `slack`: clients write 299 or 10079 for the same window. */
export const NAMED_WINDOWS = [
  { minutes: 300, slack: 5, name: "5h" },
  { minutes: 10_080, slack: 60, name: "weekly" },
  { minutes: 43_200, slack: 1440, name: "monthly" },
];

/** Which window is the primary one differs by plan: only its length identifies it. */
export function windowName(minutes: number | null): string {
  if (minutes === null) return "unknown";
  return NAMED_WINDOWS.find((w) => Math.abs(w.minutes - minutes) <= w.slack)?.name ?? `${minutes}m`;
}

/** A slot's position identifies its window only where the length is missing. */
export function slotWindow(slot: "primary" | "secondary", minutes: number | null): string {
  if (minutes !== null) return windowName(minutes);
  return slot === "primary" ? "5h" : "weekly";
}

/** Length of a window by its name, for sources that name windows without their length. */
export function windowMinutes(name: string): number | null {
  const named = NAMED_WINDOWS.find((w) => name === w.name || name.startsWith(`${w.name}_`));
  if (named) return named.minutes;
  const [, minutes] = /^(\d{1,7})m$/.exec(name) ?? [];
  return minutes === undefined ? null : Number(minutes);
}

/** ccTrack's names of our windows, in its files and as labels of its metrics. */
const cctrackWindows = (source: SourceName) => vendorNamed(source)?.cctrack_windows ?? {};

export function toCctrackWindow(source: SourceName, window: string): string {
  return cctrackWindows(source)[window] ?? window;
}

export function fromCctrackWindow(source: SourceName, name: string): string {
  const names = cctrackWindows(source);
  return Object.keys(names).find((window) => names[window] === name) ?? name;
}

/** The dials of the page. */
export const DIALS = SLOT_ORDER.flatMap((source) =>
  VENDORS[source].dials.map((dial) => ({ ...dial, source })),
);

/** The limit of a dial and of the plain metric names; other limit ids are shown separately. */
export function mainLimitId(source: SourceName): string | undefined {
  return vendorNamed(source)?.main_limit_id;
}

/** The fields of a sample that the functions below need. */
export type Reading = {
  used_percent: number;
  resets_at_unix_ms: number | null;
  window_minutes: number | null;
  time_unix_ms: number;
};

/** Used share; 1 = at the limit, above 1 = over it. */
export function usageRatio(reading: Pick<Reading, "used_percent">): number {
  return reading.used_percent / 100;
}

/** Seconds until the window resets; undefined when that is not known or already past. */
export function resetSeconds(resets_at_unix_ms: number | null, now_unix_ms: number): number | undefined {
  if (resets_at_unix_ms === null || resets_at_unix_ms <= now_unix_ms) return undefined;
  return (resets_at_unix_ms - now_unix_ms) / 1000;
}

/** Elapsed share of the window; undefined if it cannot be measured. */
export function elapsedRatio(
  resets_at_unix_ms: number | null,
  window_minutes: number | null,
  now_unix_ms: number,
): number | undefined {
  const left = resetSeconds(resets_at_unix_ms, now_unix_ms);
  if (left === undefined || window_minutes === null || window_minutes <= 0) return undefined;
  const elapsed = 1 - left / (window_minutes * 60);
  // More time left than the length of the window: one of the two clocks is wrong.
  return elapsed > 0 ? elapsed : undefined;
}

/** Used share ÷ elapsed share. 1 lands exactly at the limit when the window ends, 2 would use it twice over. */
export function paceRatio(
  usage_ratio: number,
  resets_at_unix_ms: number | null,
  window_minutes: number | null,
  now_unix_ms: number,
): number | undefined {
  const elapsed = elapsedRatio(resets_at_unix_ms, window_minutes, now_unix_ms);
  return elapsed === undefined ? undefined : usage_ratio / elapsed;
}

const JITTER_MS = MINUTE;

/** Servers recompute the end of a window each time and vary by some seconds. */
export function sameWindow(
  a: Pick<Reading, "resets_at_unix_ms">,
  b: Pick<Reading, "resets_at_unix_ms">,
): boolean {
  if (a.resets_at_unix_ms === null || b.resets_at_unix_ms === null)
    return a.resets_at_unix_ms === b.resets_at_unix_ms;
  return Math.abs(a.resets_at_unix_ms - b.resets_at_unix_ms) <= JITTER_MS;
}

const STALE_AFTER_MS = 15 * MINUTE;

/** Old, or of a window that has ended since: its value no longer represents the present. */
export function isStale(reading: Reading, now_unix_ms: number, after_ms = STALE_AFTER_MS): boolean {
  if (reading.resets_at_unix_ms !== null && reading.resets_at_unix_ms <= now_unix_ms) return true;
  return now_unix_ms - reading.time_unix_ms > after_ms;
}

/** No alert is raised on a value older than a tenth of its window. */
export function isTooOldToAlert(reading: Reading, now_unix_ms: number): boolean {
  const limit = ((reading.window_minutes ?? 300) * MINUTE) / 10;
  return now_unix_ms - reading.time_unix_ms > limit;
}

export type Forecast =
  | { kind: "not_enough_data" }
  | { kind: "no_run_out" }
  | {
      kind: "run_out";
      /** The reset, if the mean estimate is later. */
      at_unix_ms: number;
      earliest_unix_ms: number;
      /** Null: by the slowest estimate the limit is not reached before the reset. */
      latest_unix_ms: number | null;
      /** Null when the end of the window is not known. */
      is_before_reset: boolean | null;
    };

const FORECAST_SPAN_MS = 5 * MINUTE;
/** Half of the last whole percent: most sources round. */
const ROUNDING_PERCENT = 0.5;

/**
 * When the window will be used up, from the samples of one series in any order. Needs two of the current window that
 * are five minutes apart. The range spans the slope over all of them, over the last half, since the window's start, and
 * what rounding hides. Nothing is later than the reset, since the window then begins at 0 again.
 */
export function forecast(samples: readonly Reading[]): Forecast {
  const inOrder = samples.toSorted((a, b) => a.time_unix_ms - b.time_unix_ms);
  const last = inOrder.at(-1);
  if (!last) return { kind: "not_enough_data" };
  const current = inOrder.filter((s) => sameWindow(s, last));
  const first = current[0] ?? last;
  const span = last.time_unix_ms - first.time_unix_ms;
  if (span < FORECAST_SPAN_MS) return { kind: "not_enough_data" };
  const grown = last.used_percent - first.used_percent;
  if (last.used_percent < 100 && grown <= 0) return { kind: "no_run_out" };
  const rounding = grown > 2 * ROUNDING_PERCENT ? 2 * ROUNDING_PERCENT : grown / 2;
  const slopes = [
    grown / span,
    (grown + rounding) / span,
    (grown - rounding) / span,
    ...recentSlope(current, last, span),
    ...slopeSinceStart(last),
  ];
  const reach = (slope: number) => last.time_unix_ms + Math.max(0, 100 - last.used_percent) / slope;
  const slowest = Math.min(...slopes);
  if (last.used_percent >= 100)
    return cutAtReset(last, [last.time_unix_ms, last.time_unix_ms, last.time_unix_ms]);
  return cutAtReset(last, [
    reach(Math.max(...slopes)),
    reach(grown / span),
    slowest > 0 ? reach(slowest) : Number.POSITIVE_INFINITY,
  ]);
}

function cutAtReset(
  { resets_at_unix_ms }: Reading,
  [earliest, at, latest]: [number, number, number],
): Forecast {
  const reset = resets_at_unix_ms ?? Number.POSITIVE_INFINITY;
  if (earliest >= reset) return { kind: "no_run_out" };
  return {
    kind: "run_out",
    at_unix_ms: Math.round(Math.min(at, reset)),
    earliest_unix_ms: Math.round(earliest),
    latest_unix_ms: latest < reset ? Math.round(latest) : null,
    is_before_reset: resets_at_unix_ms === null ? null : at < reset,
  };
}

function recentSlope(current: readonly Reading[], last: Reading, span: number): number[] {
  const middle = current.findLast(
    (s) => last.time_unix_ms - s.time_unix_ms >= Math.max(span / 2, FORECAST_SPAN_MS),
  );
  if (!middle) return [];
  return [(last.used_percent - middle.used_percent) / (last.time_unix_ms - middle.time_unix_ms)];
}

function slopeSinceStart(last: Reading): number[] {
  if (last.resets_at_unix_ms === null || last.window_minutes === null) return [];
  const elapsed = last.time_unix_ms - (last.resets_at_unix_ms - last.window_minutes * MINUTE);
  return elapsed > 0 && elapsed <= last.window_minutes * MINUTE ? [last.used_percent / elapsed] : [];
}

export const FAILURE_CLASSES = [
  "missing",
  "timeout",
  "flood",
  "exited",
  "garbage",
  "not_logged_in",
  "not_applicable",
  "method_not_found",
  "overloaded",
  "unauthorized",
  "rate_limited",
  "backend_error",
  "unreachable",
  "not_recorded",
  "failed",
] as const;
/** Why a probe failed. The source's own text may contain URLs and bodies and is never stored. */
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** State of one polled source since the daemon's start. */
export type SourceHealth = {
  /** Unique: `claude_command`, `codex_command`, `codex_app_server`, with `:alias` for a named account. */
  name: string;
  source: SourceName;
  origin: "command" | "app_server";
  account: string;
  cadence_ms: number;
  is_running: boolean;
  captures: number;
  failures: number;
  failures_by_class: Partial<Record<FailureClass, number>>;
  consecutive_failures: number;
  last_attempt_unix_ms: number | null;
  last_success_unix_ms: number | null;
  last_failure_class: FailureClass | null;
  last_duration_ms: number | null;
  next_due_unix_ms: number | null;
};

/** Credits that an account has bought in addition to its windows. */
export type CreditReading = {
  source: SourceName;
  account: string;
  limit_id: string;
  has_credits: boolean;
  is_unlimited: boolean;
  balance: number | null;
  time_unix_ms: number;
};

export const isSameBalance = (a: CreditReading, b: CreditReading): boolean =>
  a.has_credits === b.has_credits && a.is_unlimited === b.is_unlimited && a.balance === b.balance;
