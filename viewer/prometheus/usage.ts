import type { ActivityView } from "../../collector/activity/tracker.ts";
import { ACTIVITY_STATES } from "../../schema/activity.ts";
import { MAX_MODELS, TOKEN_KINDS } from "../../schema/metrics.ts";
import { totalTokens } from "../../schema/usage.ts";
import type { MetricTotalsQueries, ModelTotals } from "../../store/queries/metric-totals.ts";
import { toCost } from "../../store/queries/totals.ts";
import { toLabel } from "./labels.ts";
import type { Exposition } from "./registry.ts";

const NANO = 1e9;
/** A sum that takes longer than this is not computed during a scrape: the scrape gets the previous one. */
const QUICK_MS = 15;

/** Sums over the whole history. They change only with commits, so they are cached until the next one. */
export function usageMetrics(totals: MetricTotalsQueries, activity: ActivityView, out: Exposition) {
  const current = createSums(totals);

  return function show(): void {
    const { models, nameless, events, rejects, sessions } = current();
    for (const m of models) showModel(m, out);
    for (const [source, rows] of Map.groupBy([...models, ...nameless], (m) => m.source))
      showUnknown(source, rows, out);
    for (const e of events)
      out.counter("hall_events_total", { source: e.source, type: e.event_type }, e.events);
    for (const r of rejects)
      out.counter("hall_rejected_lines_total", { source: r.source, reason: r.reason }, r.lines);
    showSessions(sessions, activity, out);
  };
}

/** Recomputes all sums after a commit; a scrape waits for that only if it is fast. */
function createSums(totals: MetricTotalsQueries) {
  const label = modelLabels(totals);
  let read: ReturnType<typeof readAll> | undefined;
  let cost_ms = 0;

  function readAll() {
    const version = totals.version();
    const started = performance.now();
    const models = totals.models();
    label.learn(models.map((m) => m.model));
    const all = {
      version,
      models: bySourceAndLabel(models, label.of),
      nameless: models.filter((m) => m.model === ""),
      events: totals.events(),
      rejects: totals.rejects(),
      sessions: totals.sessions(),
    };
    cost_ms = performance.now() - started;
    return all;
  }

  return () => {
    const isOld = read?.version !== totals.version();
    if (!read || (isOld && cost_ms <= QUICK_MS)) read = readAll();
    else if (isOld) setTimeout(() => (read = readAll()), 0).unref();
    return read;
  };
}

function showModel(m: ModelTotals, out: Exposition): void {
  const labels = { source: m.source, model: m.model };
  for (const { item: type, field } of TOKEN_KINDS)
    out.counter("hall_tokens_total", { ...labels, type }, m[field]);
  out.counter("hall_reasoning_tokens_total", labels, m.reasoning_output_tokens);
  out.counter("hall_requests_total", labels, m.requests);
  out.counter("hall_web_searches_total", labels, m.web_search_requests);
  // Without any price the sum is unknown, and a missing series shows that better than a 0.
  out.gauge("hall_cost_usd", labels, (toCost(m) ?? Number.NaN) / NANO);
}

/** The part of a source without a price or without a model. */
function showUnknown(source: ModelTotals["source"], rows: readonly ModelTotals[], out: Exposition): void {
  const sum = (of: (m: ModelTotals) => number) => rows.reduce((total, m) => total + of(m), 0);
  const requests = sum((m) => m.unpriced_requests);
  const tokens = sum((m) => m.unpriced_tokens);
  const nameless = sum((m) => (m.model === "" ? totalTokens(m) : 0));
  out.gauge("hall_unpriced_requests", { source }, requests);
  out.gauge("hall_unpriced_tokens", { source }, tokens);
  out.gauge("hall_unattributed_tokens", { source }, nameless);
}

/**
 * The first stored names have their own label. The order is by storing and not by usage, so that each name keeps its
 * label after a restart, and no counter falls.
 */
function modelLabels(totals: MetricTotalsQueries) {
  let own = new Set<string>();
  let isFull = false;
  return {
    learn(models: readonly string[]): void {
      if (isFull) return;
      const names = new Set([...own, ...models.filter((m) => m !== "" && toLabel(m) !== "other")]);
      isFull = names.size > MAX_MODELS;
      own = isFull ? firstNames(totals) : names;
    },
    of: (model: string): string => (own.has(model) ? model : "other"),
  };
}

function firstNames(totals: MetricTotalsQueries): Set<string> {
  const names = totals.modelsBySeq().filter((m) => toLabel(m) !== "other");
  return new Set(names.slice(0, MAX_MODELS));
}

/** A response with an unknown model is omitted: it will move to its model later, and its old counter would fall. */
function bySourceAndLabel(models: readonly ModelTotals[], label: (model: string) => string): ModelTotals[] {
  const sums = new Map<string, ModelTotals>();
  for (const m of models) {
    if (m.model === "") continue;
    const model = label(m.model);
    const key = `${m.source} ${model}`;
    const before = sums.get(key);
    sums.set(key, before ? add(before, m) : { ...m, model });
  }
  return [...sums.values()];
}

function add(a: ModelTotals, b: ModelTotals): ModelTotals {
  const sum = { ...a };
  for (const name of Object.keys(a) as (keyof ModelTotals)[])
    if (name !== "source" && name !== "model") sum[name] = a[name] + b[name];
  return sum;
}

function showSessions(
  stored: { source: string; sessions: number }[],
  activity: ActivityView,
  out: Exposition,
): void {
  const alive = Map.groupBy(activity.all(), (s) => s.session_key.slice(0, s.session_key.indexOf(":")));
  for (const { source, sessions } of stored) {
    const here = alive.get(source) ?? [];
    for (const state of ACTIVITY_STATES) {
      const count = here.filter((s) => s.activity.state === state).length;
      const forgotten = state === "unknown" ? Math.max(0, sessions - here.length) : 0;
      out.gauge("hall_sessions", { source, activity: state }, count + forgotten);
    }
  }
}
