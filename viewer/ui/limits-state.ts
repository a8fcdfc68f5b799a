import { computed, effect, signal, untracked } from "@preact/signals";
import type { Alerts } from "../../schema/alerts.ts";
import type { LimitDial, Limits, LimitWindow } from "../../schema/api-limits.ts";
import { now, throttled } from "./clock.ts";
import { arrivals } from "./feed.ts";
import { isOver } from "./limits-labels.ts";
import type { Remote } from "./request.ts";
import { resource } from "./resource.ts";
import { behind } from "./route.ts";
import { status } from "./status.ts";

type Key = { source: string; account: string | null; limit_id: string | null; window: string };

const NOTHING = { data: null, fault: null, loading: true };
/** Without an event only ages change, which the page computes itself. */
const QUIET_MS = 60_000;
const loaded = signal<ReturnType<typeof loadAll> | null>(null);

const loadAll = () => ({ limits: resource("GET /api/limits"), alerts: resource("GET /api/alerts") });

export const limits = computed<Remote<Limits>>(() => loaded.value?.limits.state.value ?? NOTHING);
export const alerts = computed<Alerts | null>(() => loaded.value?.alerts.state.value.data ?? null);

export const keyOf = (k: Key) => JSON.stringify([k.source, k.account, k.limit_id, k.window]);

function isChosen(w: Pick<LimitWindow, "source">): boolean {
  const { source = "" } = behind.value.query;
  return source === "" || w.source === source;
}

/** Current windows of the chosen source, the fullest first. */
export const windows = computed<LimitWindow[]>(() =>
  (limits.value.data?.windows ?? [])
    .filter((w) => isChosen(w) && w.used_percent !== null)
    .sort((a, b) => (b.used_percent ?? 0) - (a.used_percent ?? 0)),
);
export const tightest = computed(() => windows.value.find((w) => !isOver(w, now.value)));

/** Known limits of the chosen source that have never been reported. */
export const unreported = computed<LimitDial[]>(() =>
  (limits.value.data?.dials ?? []).filter((dial) => isChosen(dial) && dial.state === "not_reported"),
);

/** Several batches of events cause one request. */
const refresh = throttled(1000, () => {
  if (loaded.value === null) {
    loaded.value = loadAll();
    return;
  }
  loaded.value.limits.refresh();
  loaded.value.alerts.refresh();
});
const refreshOld = throttled(QUIET_MS, refresh);

export function startLimits(): void {
  effect(() => {
    void now.value;
    if (status.value !== null) untracked(refreshOld);
  });
  effect(() => {
    if (arrivals.value.some((e) => e.event_category === "limit")) untracked(refresh);
  });
}
