import { isCount } from "./count.ts";
import { DAY_MS } from "./durations.ts";

/**
 * The one check for implausible figures. They come from clients, proxies and programs, and a field may contain a value
 * of another one: a time as a percentage, a counter's largest value as a count, a time of another era. Each value is
 * checked once, where it is parsed; one that fails is flagged or counted, and is in no sum and no alert.
 */

/** Ten times the largest context window of any model. A response that reports more does not count tokens. */
export const MOST_TOKENS = 100_000_000;
/** A client's sums over a whole thread. */
const MOST_TOKENS_OF_A_THREAD = 1e12;
/** Limit of one step if only sums are recorded, and some are missing. */
export const MOST_TOKENS_OF_A_GAP = 1_000_000_000;
const MOST_SEARCHES = 10_000;
/** Vendors let a window be exceeded a little, but never used twice. */
export const MOST_PERCENT = 200;
/** Highest cost of one response, in dollars. */
const MOST_USD = 100_000;
const MOST_DURATION_MS = 366 * DAY_MS;
/** No agent wrote a line before this day, and a clock that shows an earlier one is wrong. */
const FIRST_UNIX_MS = Date.UTC(2020, 0, 1);
const CLOCK_FROM_UNIX_MS = Date.UTC(2026, 0, 1);
/** A window of a limit is a month at most; a year leaves room for longer ones. */
const LONGEST_WINDOW_MS = 400 * DAY_MS;

/** Tokens of one response. */
export function isTokenCount(value: unknown): value is number {
  return isCount(value) && value <= MOST_TOKENS;
}

/** Tokens summed by a client over a thread. */
export function isThreadCount(value: unknown): value is number {
  return isCount(value) && value <= MOST_TOKENS_OF_A_THREAD;
}

export function isSearchCount(value: unknown): value is number {
  return isCount(value) && value <= MOST_SEARCHES;
}

/** Used percentage of a window; 103.4 is valid. */
export function isPercent(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= MOST_PERCENT;
}

/** Length of a window of a limit in minutes. */
export function isWindowMinutes(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value * 60_000 <= LONGEST_WINDOW_MS;
}

/** A price recorded by a client, in dollars. */
/** Context window of a model, in tokens. */
export function isContextSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= 1_000_000_000;
}

export function isCost(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= MOST_USD;
}

/** A duration in whole milliseconds; undefined if it is not one. */
export function toDurationMs(value: unknown): number | undefined {
  if (typeof value !== "number" || !(value >= 0 && value <= MOST_DURATION_MS)) return undefined;
  return Math.round(value);
}

/** End of a window, if plausible: null means not reported. */
export function toReset(unix_ms: number | null | undefined, read_unix_ms: number): number | null {
  if (unix_ms === null || unix_ms === undefined || !Number.isFinite(unix_ms)) return null;
  return unix_ms >= FIRST_UNIX_MS && unix_ms <= read_unix_ms + LONGEST_WINDOW_MS ? Math.round(unix_ms) : null;
}

/** A moment with the unit that follows from its magnitude: seconds, milli-, micro- or nanoseconds since 1970. */
function toMilliseconds(number: number): number {
  const size = Math.abs(number);
  if (size < 1e11) return number * 1000;
  if (size < 1e14) return number;
  return size < 1e17 ? number / 1e3 : number / 1e6;
}

const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/;

/** A moment as files spell it; UTC without a zone, as clients write it. NaN if it is not a moment. */
export function readTime(value: unknown): number {
  if (typeof value === "number") return Math.floor(toMilliseconds(value));
  if (typeof value !== "string") return Number.NaN;
  if (/^\d{9,}(?:\.\d+)?$/.test(value)) return Math.floor(toMilliseconds(Number(value)));
  return Date.parse(WITHOUT_ZONE.test(value) ? `${value}Z` : value);
}

export type TimeGate = {
  /** The moment itself, or undefined if nothing can have been written then. */
  pass(unix_ms: number): number | undefined;
  /** When the file was written, if plausible: for lines without a time. */
  file_unix_ms: number;
};

/**
 * A clock that is set back to 1970 must not turn all of today into the future: then the file's own time counts as well.
 */
export function timeGate(written_unix_ms: number, now = Date.now()): TimeGate {
  const clock = now >= CLOCK_FROM_UNIX_MS ? now : Math.max(now, written_unix_ms);
  const last = clock + DAY_MS;
  const isOne = (unix_ms: number) => unix_ms >= FIRST_UNIX_MS && unix_ms <= last;
  return {
    pass: (unix_ms) => (isOne(unix_ms) ? unix_ms : undefined),
    file_unix_ms: isOne(written_unix_ms) ? written_unix_ms : Math.max(clock, FIRST_UNIX_MS),
  };
}
