import type { Database } from "bun:sqlite";
import type { Alert, AlertNotice, AlertSettings, Ending } from "../../schema/alerts.ts";
import { WEEK_MS } from "../../schema/durations.ts";
import { createEvent, type MetricEvent } from "../../schema/event.ts";
import type { CreditReading, SourceHealth } from "../../schema/rate-limits.ts";
import { alertQueries, recordAlerts } from "../../store/alerts.ts";
import { newestCredits } from "../../store/credits.ts";
import { limitQueries } from "../../store/queries/limits.ts";
import { reconcileQueries } from "../../store/queries/reconcile.ts";
import { sessionQueries } from "../../store/queries/sessions.ts";
import { spendQueries } from "../../store/queries/spend.ts";
import { QUARTER_MS } from "../../store/queries/zone.ts";
import type { Store } from "../../store/store.ts";
import type { ActivityView } from "../activity/tracker.ts";
import type { MetricsCollector } from "../metrics-collector.ts";
import { budgetVerdicts, rateVerdict } from "./budget-rules.ts";
import { type Captured, captureDegraded, costUnexplained } from "./capture-rules.ts";
import { type Step, step, type Verdict } from "./engine.ts";
import { creditsLow, quota, readingsStale, sourceDown } from "./limit-rules.ts";
import { nextDue, sessionsWaiting, waitsOf } from "./waiting-rule.ts";

const EVERY_MS = 30_000;
/** After a commit; and never more than a twentieth of the time is spent on looking. */
const SOON_MS = 1_000;
const SHARE = 20;
/** Prices are corrected without an event. */
const SPEND_MS = 5 * 60_000;

export type AlertParts = {
  reader: Database;
  store: Pick<Store, "lastSeq">;
  metrics: Pick<MetricsCollector, "record" | "subscribe">;
  settings: AlertSettings;
  time_zone: string;
  /** Those who are asked for limits actively; absent = none. */
  limits?: { health(): SourceHealth[]; credits(): CreditReading[] };
  /** What sessions do now; absent = activity is not followed. */
  activity?: Pick<ActivityView, "all">;
  /** How recording is doing; absent = not measured. */
  capture?: () => readonly Captured[];
  now?: () => number;
  log?: (line: string) => void;
  /** After every look, whatever it found. */
  onLook?: () => void;
};

/** Watches limits, their sources and budgets, by questions to the store and never on the way of what is read. */
export function createAlerts(parts: AlertParts) {
  const { metrics, settings, now = Date.now, log = () => {} } = parts;
  const judge = createJudge(parts, now());
  const bad_since = new Map<string, number>();
  let active = alertQueries(parts.reader).active();
  let soon: ReturnType<typeof setTimeout> | undefined;
  let due: ReturnType<typeof setTimeout> | undefined;
  let took_ms = 0;
  let lastComplaint = "";

  /** One look. What it finds is stored before anybody hears of it; if that fails, it is found again. */
  function evaluate(): Step {
    const at = now();
    const result = step(active, judge(active, at), bad_since, at);
    if (result.fired.length + result.ended.length === 0) return result;
    recordAlerts(metrics, toEvents(result, settings.dry_run, at), result.active);
    active = result.active;
    return result;
  }
  function look(): void {
    const started = performance.now();
    try {
      const { fired, ended } = evaluate();
      const hint = settings.dry_run ? " (dry run)" : "";
      for (const alert of fired) log(`alert${hint}: ${alert.title}`);
      for (const { alert } of ended) log(`alert cleared${hint}: ${alert.title}`);
      lastComplaint = "";
    } catch (error) {
      const text = `alerts are not evaluated: ${error instanceof Error ? error.message : String(error)}`;
      if (text !== lastComplaint) log(text);
      lastComplaint = text;
    }
    took_ms = performance.now() - started;
    parts.onLook?.();
    lookWhenDue();
  }
  /** A wait grows long without anything being stored. */
  function lookWhenDue(): void {
    clearTimeout(due);
    const { waiting_after_seconds } = settings;
    if (waiting_after_seconds === undefined || !parts.activity) return;
    const at = nextDue(waitsOf(parts.activity.all()), waiting_after_seconds * 1000, now());
    if (at !== undefined) due = setTimeout(look, Math.max(0, at - now()));
  }
  function lookSoon(): void {
    soon ??= setTimeout(
      () => {
        soon = undefined;
        look();
      },
      Math.max(SOON_MS, SHARE * took_ms),
    );
  }

  return {
    evaluate,
    start(): () => void {
      const timer = setInterval(look, EVERY_MS);
      const leave = (["committed", "limit", "activity"] as const).map((topic) =>
        metrics.subscribe(topic, lookSoon),
      );
      lookSoon();
      return () => {
        clearInterval(timer);
        clearTimeout(soon);
        clearTimeout(due);
        for (const unsubscribe of leave) unsubscribe();
      };
    },
  };
}

/** The verdicts of all rules now. */
function createJudge(parts: AlertParts, started_unix_ms: number) {
  const { settings, store, time_zone, limits: limitHealth } = parts;
  const limits = limitQueries(parts.reader);
  const spend = spendQueries(parts.reader);
  const reconciled = reconcileQueries(parts.reader);
  let compared: { at: number; verdict: Verdict } | undefined;
  const sessions = sessionQueries(parts.reader);
  let money: { verdicts: Verdict[]; of: string } | undefined;

  /** Sums change with what is stored, and their periods begin and end on a quarter hour. */
  function ofMoney(now: number): Verdict[] {
    const of = [store.lastSeq(), Math.floor(now / QUARTER_MS), Math.floor(now / SPEND_MS)].join();
    if (money?.of === of) return money.verdicts;
    const verdicts = settings.budgets.flatMap((b) => budgetVerdicts(b, spend, { now, time_zone }));
    if (settings.rate_of_change) verdicts.push(rateVerdict(settings.rate_of_change, spend, now));
    money = { verdicts, of };
    return verdicts;
  }

  function ofWaits(on: ReadonlyMap<string, Alert>, now: number): Verdict[] {
    const { waiting_after_seconds } = settings;
    if (waiting_after_seconds === undefined || !parts.activity) return [];
    const waits = waitsOf(parts.activity.all());
    const projectOf = (key: string) => sessions.find(key)?.project_path ?? null;
    return sessionsWaiting(waits, on, waiting_after_seconds, now, projectOf);
  }

  /** Every request of the week is looked at for it. */
  function ofTotals(now: number): Verdict {
    if (compared === undefined || now - compared.at >= SPEND_MS || now < compared.at)
      compared = { at: now, verdict: costUnexplained(reconciled.sessions({}, now - WEEK_MS, undefined)) };
    return compared.verdict;
  }

  return (active: readonly Alert[], now: number): Verdict[] => {
    const rows = limits.latest(now);
    const on = new Map(active.map((alert) => [alert.key, alert]));
    const health = limitHealth?.health() ?? [];
    const credits = newestCredits([...limits.credits(), ...(limitHealth?.credits() ?? [])]);
    const accounts = Map.groupBy(health, (h) => `${h.source}:${h.account}`);
    return [
      ...rows.map((row) => quota(row, rows, on, settings.quota_at, now)),
      ...health.map((h) => sourceDown(h, settings)),
      ...[...accounts.values()].map((of) => readingsStale(of, rows, started_unix_ms, settings, now)),
      // Credits are sampled again after each start: until then, what was known still holds.
      ...active
        .filter((a) => a.rule === "credits_low" && accounts.has(`${a.source}:${a.account}`))
        .map((a): Verdict => ({ key: a.key, is: "unclear" })),
      ...credits.map((c) => creditsLow(c, settings.credits_below, now)),
      ...(parts.capture?.() ?? []).map(captureDegraded),
      ofTotals(now),
      ...ofMoney(now),
      ...ofWaits(on, now),
    ];
  };
}

const REASONS: Record<Ending, string> = {
  reset: "its window or period is over",
  recovered: "back within its threshold",
  withdrawn: "no longer watched",
};

function toEvents({ fired, ended }: Step, is_dry_run: boolean, now: number): MetricEvent[] {
  return [
    ...ended.map(({ alert, ending }) =>
      toEvent(
        "alert_cleared",
        { ...alert, name: ending, detail: REASONS[ending], is_dry_run, cleared_unix_ms: now },
        now,
      ),
    ),
    ...fired.map((alert) => toEvent("alert_fired", { ...alert, is_dry_run, cleared_unix_ms: null }, now)),
  ];
}

function toEvent(
  event_type: "alert_fired" | "alert_cleared",
  notice: AlertNotice,
  time_unix_ms: number,
): MetricEvent {
  const { key, fired_unix_ms, level, source } = notice;
  const end = event_type === "alert_fired" ? level : "over";
  const event_id = `alert:${key}:${fired_unix_ms}:${end}`;
  const base = { event_id, source, origin: "monitor", session_id: "", time_unix_ms } as const;
  return createEvent(event_type, base, notice);
}
