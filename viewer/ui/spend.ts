import { computed, signal } from "@preact/signals";
import type { Reconcile } from "../../schema/api-reconcile.ts";
import type { Costs } from "../../schema/api-shapes.ts";
import type { Uncertain } from "../../schema/uncertain.ts";
import { throttled } from "./clock.ts";
import { dayBefore, dayOf } from "./format.ts";
import type { Remote } from "./request.ts";
import { type Resource, resource } from "./resource.ts";
import { status, zone } from "./status.ts";

export type Day = {
  day: string;
  cost_nano_usd: number | null;
  total_tokens: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens: number;
  requests: number;
  unpriced_requests: number;
  unpriced_tokens: number;
} & Uncertain;
export type Week = { days: Day[]; time_zone: string };

const DAYS = 7;
/** Every request of the week is looked at for it. */
const COMPARE_EVERY_MS = 60_000;
const NOTHING = { data: null, fault: null, loading: true };
type Asked = { of: string; asked: Resource<Costs>; compared: Resource<Reconcile> };
const costs = signal<Asked | null>(null);

/** The week's requests against what the client says it spent; null as long as it says nothing. */
export const reconciled = computed<Reconcile | null>(() => {
  const data = costs.value?.compared.state.value.data ?? null;
  return data?.shown_percent == null ? null : data;
});

export const week = computed<Remote<Week>>(() => {
  const { data, ...rest } = costs.value?.asked.state.value ?? NOTHING;
  return { ...rest, data: data && toWeek(data) };
});

/** Several bunches of events make one question; another day makes another. */
export const refreshSpend = throttled(2000, () => {
  if (status.value === null) return;
  const today = dayOf(Date.now(), zone.value);
  const range = { start_time: dayBefore(today, DAYS - 1), end_time: today, time_zone: zone.value };
  const of = JSON.stringify(range);
  if (costs.value?.of === of) {
    costs.value.compared.refresh(COMPARE_EVERY_MS);
    return costs.value.asked.refresh();
  }
  costs.value?.asked.release();
  costs.value?.compared.release();
  costs.value = {
    of,
    asked: resource("GET /api/costs", { query: { period: "day", ...range } }),
    compared: resource("GET /api/reconcile", { query: range }),
  };
});

function toWeek(costs: Costs): Week {
  const days = costs.buckets.map(({ bucket }) =>
    toDay(
      bucket,
      costs.rows.filter((row) => row.bucket === bucket),
    ),
  );
  return { days: days.slice(-DAYS), time_zone: costs.time_zone };
}

function toDay(day: string, rows: Costs["rows"]): Day {
  const sum = (of: (row: Costs["rows"][number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  const priced = rows.filter((row) => row.cost_nano_usd !== null);
  return {
    day,
    // A day of nothing cost nothing; a day without any price has no known cost.
    cost_nano_usd: rows.length > 0 && priced.length === 0 ? null : sum((row) => row.cost_nano_usd ?? 0),
    total_tokens: sum((row) => row.total_tokens),
    input_tokens: sum((row) => row.input_tokens),
    output_tokens: sum((row) => row.output_tokens),
    cache_read_input_tokens: sum((row) => row.cache_read_input_tokens),
    requests: sum((row) => row.requests),
    unpriced_requests: sum((row) => row.coverage.unpriced_requests),
    unpriced_tokens: sum((row) => row.coverage.unpriced_tokens),
    provisional_requests: sum((row) => row.coverage.provisional_requests),
    implausible_requests: sum((row) => row.coverage.implausible_requests),
    inferred_id_requests: sum((row) => row.coverage.inferred_id_requests),
  };
}
