import { computed, effect, signal, untracked } from "@preact/signals";
import type { Costs } from "../../schema/api-shapes.ts";
import { twoDays } from "../first-requests.ts";
import { now, throttled, whenSeen } from "./clock.ts";
import { arrivals } from "./feed.ts";
import { dayBefore, dayOf } from "./format.ts";
import type { Remote } from "./request.ts";
import { type Resource, resource } from "./resource.ts";
import { status, zone } from "./status.ts";
import { afterUsage } from "./use-resource.ts";

const NOTHING = { data: null, fault: null, loading: true };
const EVERY_MS = 5000;
/** The sum is in the title, which is visible in other tabs. */
const UNSEEN_MS = 60_000;

const loaded = signal<{ day: string; of: Resource<Costs> } | null>(null);
export const today = computed(() => dayOf(now.value, zone.value));

/** Today and the day before, by hour and model: the title's sum, the figures and the hours of the overview. */
export const two_days = computed<Remote<Costs>>(() => loaded.value?.of.state.value ?? NOTHING);

/** null = unknown yet, or without a price; a day without a request cost 0. */
export const spent_today = computed<number | null>(() => {
  const costs = two_days.value.data;
  return costs ? sumOf(rowsOf(costs, today.value, zone.value)) : null;
});

export function rowsOf(costs: Costs, day: string, time_zone: string): Costs["rows"] {
  return costs.rows.filter((row) => dayOf(row.bucket_unix_ms, time_zone) === day);
}

export function sumOf(rows: { cost_nano_usd: number | null }[]): number | null {
  return sumKnown(rows.map((row) => row.cost_nano_usd));
}

/** Nano-USD; null = there are amounts, and none of them is known. */
function sumKnown(amounts: (number | null)[]): number | null {
  const known = amounts.filter((amount) => amount !== null);
  return amounts.length > 0 && known.length === 0 ? null : known.reduce((sum, amount) => sum + amount, 0);
}

/** Nano-USD of the seven days that end with `day`, and of the days before them. */
export function sevenDays(rows: { bucket: string; value: number | null }[], day: string) {
  const first = dayBefore(day, 6);
  const { week = [], before = [] } = Object.groupBy(rows, ({ bucket }) =>
    bucket >= first ? "week" : "before",
  );
  const sum = (of: typeof rows) => sumKnown(of.map((row) => row.value));
  return { cost: sum(week), was: sum(before) };
}

const refresh = throttled(EVERY_MS, () => {
  const day = today.peek();
  if (loaded.value?.day === day) return loaded.value.of.refresh();
  loaded.value?.of.release();
  loaded.value = { day, of: resource("GET /api/costs", twoDays({ day, time_zone: zone.peek() })) };
});

const refreshUnseen = throttled(UNSEEN_MS, refresh);

export function startSpend(): void {
  effect(() => {
    // Read first: an effect runs again only for the signals that its last run has read.
    const isSpent = afterUsage(arrivals.value);
    if (status.value === null) return;
    // Midnight passes without an event.
    const isNew = loaded.peek()?.day !== today.value;
    if (!isNew && !isSpent) return;
    untracked(() => (document.hidden && !isNew ? refreshUnseen() : refresh()));
    if (document.hidden) whenSeen(refresh);
  });
}
