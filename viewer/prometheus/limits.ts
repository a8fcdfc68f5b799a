import type { SourceName } from "../../schema/event-names.ts";
import { MAX_LIMIT_SERIES } from "../../schema/metrics.ts";
import type { CreditReading, SourceHealth } from "../../schema/rate-limits.ts";
import { mainLimitId, toCctrackWindow } from "../../schema/rate-limits.ts";
import { isMonitored, isVendor, type MonitoredName, SLOT_ORDER } from "../../schema/vendors.ts";
import type { LimitQueries } from "../../store/queries/limits.ts";
import type { ViewerDeps } from "../deps.ts";
import { type CurrentWindow, currentCredits, currentWindows, mainWindows } from "../limits/current.ts";
import { toLabel } from "./labels.ts";
import type { PollTimes } from "./poll-times.ts";
import type { Exposition } from "./registry.ts";

/** A poll that is later than this many of its intervals hangs, whatever the last one returned. */
const OVERDUE_INTERVALS = 3;

type LimitHealth = ViewerDeps["limits"];

/** What is stored is shown; a scrape polls no source. */
export function limitMetrics(
  limits: LimitQueries,
  limitHealth: LimitHealth,
  polls: PollTimes,
  out: Exposition,
) {
  const series: Series = { out, account: polls.account };

  return function show(now: number): void {
    const windows = currentWindows(limits, now);
    const known = windows.filter((w) => w.used_percent !== null).sort(byAge);
    const shown = known.slice(0, MAX_LIMIT_SERIES);
    out.gauge("hall_limit_series_dropped", {}, known.length - shown.length);
    for (const w of shown.toReversed()) showWindow(w, series);
    for (const w of mainWindows(windows)) showPlain(w, series);
    const health = limitHealth?.health() ?? [];
    showSampler(health, out);
    showMonitors(health, windows, now, series);
    for (const c of currentCredits(limits, limitHealth?.credits?.() ?? [])) showCredits(c, series);
    polls.show(out);
  };
}

/** Target of samples, with the bounded label of an account. */
type Series = { out: Exposition; account(name: string): string };

/** The freshest is set last, so that it wins over another series with the same label. */
function showWindow(w: CurrentWindow, { account: accountLabel, out }: Series): void {
  const account = accountLabel(w.account);
  const labels = { source: w.source, account, limit: toLabel(w.limit_id), window: toLabel(w.window) };
  out.gauge("hall_limit_usage_ratio", labels, w.usage_ratio);
  out.gauge("hall_limit_pace_ratio", labels, w.pace_ratio);
  out.gauge("hall_limit_reset_seconds", labels, w.reset_seconds);
  out.gauge("hall_limit_stale", labels, w.state === "stale" ? 1 : 0);
  out.gauge("hall_limit_sample_timestamp_seconds", { ...labels, origin: w.origin }, w.time_unix_ms / 1000);
  const name = monitored(w.source);
  if (!name || w.limit_id !== mainLimitId(w.source)) return;
  const plain = { account, window: toLabel(w.window) };
  out.gauge(`${name}_rate_limit_remaining`, plain, w.remaining_percent);
  out.gauge(`${name}_rate_limit_limit`, plain, 100);
  out.gauge(
    `${name}_rate_limit_reset_timestamp_seconds`,
    plain,
    w.resets_at_unix_ms === null ? null : w.resets_at_unix_ms / 1000,
  );
}

function showPlain(w: CurrentWindow, { out }: Series): void {
  if (!isVendor(w.source)) return;
  const window = toLabel(toCctrackWindow(w.source, w.window));
  out.gauge(`${w.source}_usage_ratio`, { window }, w.usage_ratio);
  out.gauge(`${w.source}_pace_ratio`, { window }, w.pace_ratio);
  out.gauge(`${w.source}_reset_seconds`, { window }, w.reset_seconds);
}

function showMonitors(
  health: SourceHealth[],
  windows: CurrentWindow[],
  now: number,
  { account: accountLabel, out }: Series,
): void {
  for (const source of SLOT_ORDER) {
    const read = windows.filter((w) => w.source === source);
    const polled = health.filter((h) => h.source === source);
    for (const name of new Set([...read, ...polled].map((w) => w.account))) {
      const account = accountLabel(name);
      const polls = polled.filter((h) => h.account === name);
      out.gauge("hall_limit_polled", { source, account }, polls.length > 0 ? 1 : 0);
      const monitor = monitored(source);
      if (!monitor) continue;
      const newest = Math.max(0, ...read.filter((w) => w.account === name).map((w) => w.time_unix_ms));
      const success = Math.max(newest, ...polls.map((h) => h.last_success_unix_ms ?? 0));
      out.gauge(`${monitor}_monitor_up`, { account }, polls.every((h) => isUp(h, now)) ? 1 : 0);
      out.gauge(
        `${monitor}_monitor_last_success_timestamp_seconds`,
        { account },
        success > 0 ? success / 1000 : null,
      );
    }
  }
}

function showCredits(c: CreditReading, { account: accountLabel, out }: Series): void {
  const account = accountLabel(c.account);
  out.gauge("hall_credits_unlimited", { source: c.source, account }, c.is_unlimited ? 1 : 0);
  const name = monitored(c.source);
  const isMain = c.limit_id === mainLimitId(c.source);
  // An account that never bought any reports a balance of 0, which is not the same as having used them up.
  const isKnown = c.has_credits || (c.balance ?? 0) > 0;
  if (name && isMain && isKnown && !c.is_unlimited)
    out.gauge(`${name}_credits_remaining`, { account }, c.balance);
}

/** Prefix of the metrics of a monitor for this agent only. */
function monitored(source: SourceName): MonitoredName | undefined {
  return isVendor(source) && isMonitored(source) ? source : undefined;
}

const byAge = (a: CurrentWindow, b: CurrentWindow) => b.time_unix_ms - a.time_unix_ms;

function isUp(h: SourceHealth, now: number): boolean {
  if (h.last_success_unix_ms === null || h.consecutive_failures > 0) return false;
  return now - h.last_success_unix_ms <= OVERDUE_INTERVALS * h.cadence_ms;
}

function showSampler(health: SourceHealth[], out: Exposition): void {
  for (const source of SLOT_ORDER) {
    const of = health.filter((h) => h.source === source);
    if (of.length === 0) continue;
    const sum = (count: (h: SourceHealth) => number) => of.reduce((total, h) => total + count(h), 0);
    out.counter(
      "cctrack_sampler_captures_total",
      { source },
      sum((h) => h.captures),
    );
    out.counter(
      "cctrack_sampler_capture_failures_total",
      { source },
      sum((h) => h.failures),
    );
    const last = Math.max(0, ...of.map((h) => h.last_success_unix_ms ?? 0));
    out.gauge("cctrack_sampler_last_capture_timestamp_seconds", { source }, last > 0 ? last / 1000 : null);
    const name = monitored(source);
    if (name)
      out.gauge(
        `${name}_binary_missing`,
        {},
        sum((h) => h.failures_by_class.missing ?? 0),
      );
  }
}
