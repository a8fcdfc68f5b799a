import type { Database } from "bun:sqlite";
import type { Ending } from "../../schema/alert-rules.ts";
import type { Alert, AlertNotice, AlertSettings } from "../../schema/alerts.ts";
import { WEEK_MS } from "../../schema/durations.ts";
import { messageOf } from "../../schema/errors.ts";
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
import type { Beat } from "../beat.ts";
import { createComplaints } from "../complaints.ts";
import type { MetricsCollector } from "../metrics-collector.ts";
import { createPacedWork } from "../paced-work.ts";
import { budgetVerdicts, rateVerdict } from "./budget-rules.ts";
import { type Captured, captureDegraded, costUnexplained } from "./capture-rules.ts";
import { type Step, step, type Verdict } from "./engine.ts";
import { creditsLow, quota, readingsStale, sourceDown } from "./limit-rules.ts";
import { nextDue, sessionsWaiting, waitsOf } from "./waiting-rule.ts";

const EVERY_MS = 30_000;
/** Prices are corrected without an event. */
const SPEND_MS = 5 * 60_000;

export type AlertParts = {
  reader: Database;
  store: Pick<Store, "lastSeq">;
  metrics: Pick<MetricsCollector, "record" | "subscribe">;
  settings: AlertSettings;
  time_zone: string;
  /** The sources that are polled for limits; absent = none. */
  limits?: { health(): SourceHealth[]; credits(): CreditReading[] };
  /** Activity of sessions; absent = activity is not followed. */
  activity?: Pick<ActivityView, "all">;
  /** State of the recording; absent = not measured. */
  capture?: () => readonly Captured[];
  now?: () => number;
  log?: (line: string) => void;
  /** Called after every evaluation, with or without findings. */
  onEvaluated?: () => void;
};

/** Evaluates limits, their sources and budgets by queries to the store, outside of the reading path. */
export function createAlerts(parts: AlertParts) {
  const { metrics, settings, now = Date.now, log = () => {} } = parts;
  const judge = createJudge(parts, now());
  const bad_since = new Map<string, number>();
  const complaints = createComplaints(log);
  let active = alertQueries(parts.reader).active();

  /**
   * One evaluation. Findings are stored before they are published; if storing fails, the next evaluation finds them
   * again.
   */
  function evaluate(): Step {
    const at = now();
    const result = step(active, judge(active, at), bad_since, at);
    if (result.fired.length + result.ended.length === 0) return result;
    recordAlerts(metrics, toEvents(result, settings.dry_run, at), result.active);
    active = result.active;
    return result;
  }
  const evaluation = createPacedWork(() => {
    try {
      logStep(evaluate(), settings.dry_run, log);
      complaints.over();
    } catch (error) {
      complaints.report(`alerts are not evaluated: ${messageOf(error)}`);
    }
    parts.onEvaluated?.();
    waits.set();
  });
  const waits = createWaitTimer(parts, evaluation.now);

  return {
    evaluate,
    start(beat: Beat): () => void {
      const end = beat.every({ every_ms: EVERY_MS, run: evaluation.now });
      const leave = TOPICS.map((topic) => metrics.subscribe(topic, evaluation.soon));
      evaluation.soon();
      return () => {
        end();
        evaluation.stop();
        waits.clear();
        for (const unsubscribe of leave) unsubscribe();
      };
    },
  };
}

const TOPICS = ["committed", "limit", "activity"] as const;

function logStep({ fired, ended }: Step, isDryRun: boolean, log: (line: string) => void): void {
  const hint = isDryRun ? " (dry run)" : "";
  for (const alert of fired) log(`alert${hint}: ${alert.title}`);
  for (const { alert } of ended) log(`alert cleared${hint}: ${alert.title}`);
}

/** A wait becomes long without any commit. */
function createWaitTimer({ settings, activity, now = Date.now }: AlertParts, evaluateNow: () => void) {
  const { waiting_after_seconds } = settings;
  let due: ReturnType<typeof setTimeout> | undefined;
  return {
    set(): void {
      clearTimeout(due);
      if (waiting_after_seconds === undefined || !activity) return;
      const at = nextDue(waitsOf(activity.all()), waiting_after_seconds * 1000, now());
      if (at !== undefined) due = setTimeout(evaluateNow, Math.max(0, at - now()));
    },
    clear: () => clearTimeout(due),
  };
}

/** The verdicts of all rules now. */
function createJudge(parts: AlertParts, started_unix_ms: number) {
  const { settings, limits: limitHealth } = parts;
  const limits = limitQueries(parts.reader);
  const ofMoney = createMoneyRules(parts);
  const ofTotals = createTotalsRule(parts.reader);
  const sessions = sessionQueries(parts.reader);

  function ofWaits(on: ReadonlyMap<string, Alert>, now: number): Verdict[] {
    const { waiting_after_seconds } = settings;
    if (waiting_after_seconds === undefined || !parts.activity) return [];
    const waits = waitsOf(parts.activity.all());
    const projectOf = (key: string) => sessions.find(key)?.project_path ?? null;
    return sessionsWaiting(waits, on, waiting_after_seconds, now, projectOf);
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
      // Credits are sampled again after each start: until then the previous verdict still applies.
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

/** Sums change with what is stored, and their periods begin and end on a quarter hour. */
function createMoneyRules({ reader, settings, store, time_zone }: AlertParts) {
  const spend = spendQueries(reader);
  let last: { verdicts: Verdict[]; of: string } | undefined;
  return (now: number): Verdict[] => {
    const of = [store.lastSeq(), Math.floor(now / QUARTER_MS), Math.floor(now / SPEND_MS)].join();
    if (last?.of === of) return last.verdicts;
    const verdicts = settings.budgets.flatMap((b) => budgetVerdicts(b, spend, { now, time_zone }));
    if (settings.rate_of_change) verdicts.push(rateVerdict(settings.rate_of_change, spend, now));
    last = { verdicts, of };
    return verdicts;
  };
}

/** It reads every request of the week, so it is cached for a while. */
function createTotalsRule(reader: Database) {
  const reconciled = reconcileQueries(reader);
  let last: { at: number; verdict: Verdict } | undefined;
  return (now: number): Verdict => {
    if (last === undefined || now - last.at >= SPEND_MS || now < last.at)
      last = { at: now, verdict: costUnexplained(reconciled.sessions({}, now - WEEK_MS, undefined)) };
    return last.verdict;
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
