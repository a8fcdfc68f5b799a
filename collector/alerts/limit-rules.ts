/** Rules about limits and about their sources. Pure. */
import type { Alert, AlertSettings } from "../../schema/alerts.ts";
import { type CreditReading, isTooOldToAlert, type SourceHealth } from "../../schema/rate-limits.ts";
import { vendorNamed } from "../../schema/vendors.ts";
import { isNoLongerReported, type LimitRow } from "../../store/queries/limits.ts";
import type { Facts, Verdict } from "./engine.ts";

const MINUTE_MS = 60_000;
/** Sources round differently: an alert clears only if the value is this far below the lowest threshold. */
const SLACK_PERCENT = 2;
const CREDITS_MS = 24 * 60 * MINUTE_MS;

export const NOTHING = {
  account: null,
  limit_id: null,
  window: null,
  project: null,
  session_key: null,
  resets_at_unix_ms: null,
} as const;

type Of = { source: Facts["source"]; account: string };
const who = ({ source, account }: Of) =>
  `${vendorNamed(source)?.short_label ?? source}${account === "default" ? "" : ` ${account}`}`;

/** A window's remaining share; an old value neither raises nor clears an alert (the end of its window may). */
export function quota(
  row: LimitRow,
  all: readonly LimitRow[],
  active: ReadonlyMap<string, Alert>,
  at: readonly number[],
  now: number,
): Verdict {
  const key = `quota:${row.source}:${row.account}:${row.limit_id}:${row.window}`;
  const old = active.get(key);
  if (isNoLongerReported(row, all)) return { key, is: "fine", ending: "withdrawn" };
  if (row.resets_at_unix_ms !== null && row.resets_at_unix_ms <= now)
    return { key, is: "fine", ending: "reset" };
  if (isTooOldToAlert(row, now)) return { key, is: "unclear" };
  const level = at.findLast((mark) => row.used_percent > mark || (mark === 100 && row.used_percent >= 100));
  const isReset = old !== undefined && isLaterWindow(row, old);
  if (level !== undefined) return { key, is: "bad", facts: quotaFacts(row, level), is_new_window: isReset };
  if (!isReset && row.used_percent > at[0]! - SLACK_PERCENT) return { key, is: "unclear" };
  return { key, is: "fine", ending: isReset ? "reset" : "recovered" };
}

/**
 * The end of a window is recomputed at each reading and may drift: only an end that is a whole window later belongs to
 * another one.
 */
function isLaterWindow(row: LimitRow, old: Alert): boolean {
  if (row.resets_at_unix_ms === null || old.resets_at_unix_ms === null) return false;
  return row.resets_at_unix_ms - old.resets_at_unix_ms > ((row.window_minutes ?? 300) * MINUTE_MS) / 2;
}

const QUOTA_LOW = { name: "quota_low", severity: "warning" } as const;
const QUOTA_REACHED = { name: "quota_reached", severity: "critical" } as const;

function quotaFacts(row: LimitRow, level: number): Facts {
  const { source, account, limit_id, window, resets_at_unix_ms, used_percent } = row;
  const left = Math.max(0, 100 - used_percent);
  const isReached = used_percent >= 100;
  const words = `${window.replaceAll("_", " ")} window`;
  const name = limit_id === source ? words : `${words} (${limit_id})`;
  return {
    rule: "quota",
    ...(isReached ? QUOTA_REACHED : QUOTA_LOW),
    level,
    title: isReached
      ? `${who(row)}: the ${name} is used up`
      : `${who(row)}: ${round(left)} % of the ${name} left`.slice(0, 300),
    detail: `${round(used_percent)} % used, alert above ${level} %`,
    value: used_percent,
    threshold: level,
    unit: "percent",
    ...NOTHING,
    source,
    account,
    limit_id,
    window,
    resets_at_unix_ms,
  };
}

const round = (n: number) => (n < 10 ? Math.floor(n * 10) / 10 : Math.floor(n));

/** No answer for this long; a source without anything to report (an account without limits) is healthy. */
export function sourceDown(health: SourceHealth, settings: AlertSettings): Verdict {
  const key = `source_down:${health.name}`;
  const { consecutive_failures, last_failure_class, account, source } = health;
  if (health.captures + health.failures === 0) return { key, is: "unclear" };
  if (consecutive_failures === 0 || last_failure_class === "not_applicable") return { key, is: "fine" };
  const facts: Facts = {
    rule: "source_down",
    name: "unavailable",
    severity: "critical",
    level: 0,
    title: `${who(health)}: cannot read limits`,
    detail: `${health.name} failed ${consecutive_failures === 1 ? "once" : `${consecutive_failures} times in a row`} (${last_failure_class ?? "failed"})`,
    value: null,
    threshold: settings.down_after_minutes * 60,
    unit: "seconds",
    ...NOTHING,
    source,
    account,
  };
  return { key, is: "bad", facts, for_ms: settings.down_after_minutes * MINUTE_MS };
}

/**
 * A polled account without a new sample from any source. If only files are read, silence means that no agent is
 * working.
 */
export function readingsStale(
  ofAccount: readonly SourceHealth[],
  rows: readonly LimitRow[],
  since_unix_ms: number,
  settings: AlertSettings,
  now: number,
): Verdict {
  const { source, account } = ofAccount[0]!;
  const key = `readings_stale:${source}:${account}`;
  const newest = Math.max(
    since_unix_ms,
    ...ofAccount.map((h) => h.last_success_unix_ms ?? 0),
    ...rows.filter((r) => r.source === source && r.account === account).map((r) => r.time_unix_ms),
  );
  const isQuiet = ofAccount.every(
    (h) => h.consecutive_failures > 0 && h.last_failure_class === "not_applicable",
  );
  const cadence = Math.min(...ofAccount.map((h) => h.cadence_ms));
  const after = Math.max(settings.stale_after_minutes * MINUTE_MS, 2 * cadence + MINUTE_MS);
  if (isQuiet || now - newest <= after)
    return newest === since_unix_ms && !isQuiet ? { key, is: "unclear" } : { key, is: "fine" };
  const facts: Facts = {
    rule: "readings_stale",
    name: "stale",
    severity: "warning",
    level: 0,
    title: `${who({ source, account })}: limits are stale`,
    detail: `no new sample for ${Math.floor((now - newest) / MINUTE_MS)} minutes`,
    value: Math.round((now - newest) / 1000),
    threshold: after / 1000,
    unit: "seconds",
    ...NOTHING,
    source,
    account,
  };
  return { key, is: "bad", facts };
}

/** An account that never bought credits is not low on them; an old reading proves nothing. */
export function creditsLow(reading: CreditReading, below: number, now: number): Verdict {
  const { source, account, limit_id, has_credits, is_unlimited, balance } = reading;
  const key = `credits_low:${source}:${account}:${limit_id}`;
  if (now - reading.time_unix_ms > CREDITS_MS) return { key, is: "unclear" };
  if (is_unlimited || (!has_credits && (balance ?? 0) <= 0)) return { key, is: "fine" };
  if (balance === null) return { key, is: "unclear" };
  if (balance >= below) return { key, is: "fine" };
  const facts: Facts = {
    rule: "credits_low",
    name: "credits_low",
    severity: balance <= 0 ? "critical" : "warning",
    level: 0,
    title: `${who(reading)}: ${balance} credits left`,
    detail: `alert below ${below}`,
    value: balance,
    threshold: below,
    unit: "credits",
    ...NOTHING,
    source,
    account,
    limit_id,
  };
  return { key, is: "bad", facts };
}
