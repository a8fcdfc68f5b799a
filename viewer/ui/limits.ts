import { computed, signal } from "@preact/signals";
import type { Alerts } from "../../schema/alerts.ts";
import type { Limits, LimitsHistory } from "../../schema/api-limits.ts";
import { throttled } from "./clock.ts";
import type { Remote } from "./request.ts";
import { resource } from "./resource.ts";
import { status } from "./status.ts";

export type Series = LimitsHistory["series"][number];
type Key = { source: string; account: string | null; limit_id: string | null; window: string };

const NOTHING = { data: null, fault: null, loading: true };
/** Asked for once the daemon is known to be there. */
const asked = signal<ReturnType<typeof askAll> | null>(null);

function askAll() {
  return {
    limits: resource("GET /api/limits"),
    alerts: resource("GET /api/alerts"),
    // From the start of a day, so that the question stays the same question.
    history: resource("GET /api/limits/history", {
      query: { start_time: Math.floor(Date.now() / DAY_MS) * DAY_MS - 8 * DAY_MS },
    }),
  };
}

export const limits = computed<Remote<Limits>>(() => asked.value?.limits.state.value ?? NOTHING);
export const alerts = computed<Alerts | null>(() => asked.value?.alerts.state.value.data ?? null);
export const history = computed(
  () => new Map((asked.value?.history.state.value.data?.series ?? []).map((s) => [keyOf(s), s.hours])),
);

const HISTORY_MS = 5 * 60_000;
const DAY_MS = 86_400_000;

export const keyOf = (k: Key) => JSON.stringify([k.source, k.account, k.limit_id, k.window]);

/** What the five dials do not show: further windows, limits and accounts. */
export const others = computed(() => {
  const { dials = [], windows = [] } = limits.value.data ?? {};
  const shown = new Set(dials.map(keyOf));
  return windows.filter(
    (w) => !shown.has(keyOf(w)) && w.state !== "ended" && w.state !== "no_longer_reported",
  );
});

/** Several bunches of events make one question. */
export const refreshLimits = throttled(1000, () => {
  if (status.value === null) return;
  asked.value ??= askAll();
  asked.value.limits.refresh();
  asked.value.alerts.refresh();
  asked.value.history.refresh(HISTORY_MS);
});
