import { computed, signal } from "@preact/signals";
import type { Alerts } from "../../schema/alerts.ts";
import type { Limits, LimitsHistory } from "../../schema/api-limits.ts";
import { throttled } from "./clock.ts";
import { ask, type Remote } from "./request.ts";
import { status } from "./status.ts";

export type Series = LimitsHistory["series"][number];
type Key = { source: string; account: string | null; limit_id: string | null; window: string };

export const limits = signal<Remote<Limits>>({ data: null, fault: null, loading: true });
export const history = signal<Map<string, Series["hours"]>>(new Map());
export const alerts = signal<Alerts | null>(null);

const HISTORY_MS = 5 * 60_000;
const DAYS_MS = 8 * 86_400_000;

export const keyOf = (k: Key) => JSON.stringify([k.source, k.account, k.limit_id, k.window]);

/** What the five dials do not show: further windows, limits and accounts. */
export const others = computed(() => {
  const { dials = [], windows = [] } = limits.value.data ?? {};
  const shown = new Set(dials.map(keyOf));
  return windows.filter(
    (w) => !shown.has(keyOf(w)) && w.state !== "ended" && w.state !== "no_longer_reported",
  );
});

let asked_history_ms = Number.NEGATIVE_INFINITY;

/** Several bunches of events make one question. */
export const refreshLimits = throttled(1000, async () => {
  if (status.value === null) return;
  const [now, on] = await Promise.all([ask("GET /api/limits"), ask("GET /api/alerts")]);
  limits.value = now.ok
    ? { data: now.answer.data, fault: null, loading: false }
    : { data: limits.value.data, fault: now.fault, loading: false };
  if (on.ok) alerts.value = on.answer.data;
  if (performance.now() - asked_history_ms < HISTORY_MS) return;
  asked_history_ms = performance.now();
  const past = await ask("GET /api/limits/history", { query: { start_time: Date.now() - DAYS_MS } });
  if (past.ok) history.value = new Map(past.answer.data.series.map((s) => [keyOf(s), s.hours]));
});
