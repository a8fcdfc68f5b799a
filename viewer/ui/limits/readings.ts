import type { LimitWindow } from "../../../schema/api-limits.ts";
import { DAY_MS } from "../../../schema/durations.ts";
import { now } from "../clock.ts";
import { dayOf } from "../format.ts";
import { range } from "../range.ts";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";

const MINUTE = 60_000;
const MOST = 1000;

/** The time that a window covers; a week if its length is unknown. */
export function spanOf(w: LimitWindow): { start: number; end: number } {
  const length = (w.window_minutes ?? 7 * 1440) * MINUTE;
  const end = w.resets_at_unix_ms ?? w.time_unix_ms;
  return { start: end - length, end };
}

/** The days of a span until now, as Costs takes them. */
export const daysOf = ({ start, end }: ReturnType<typeof spanOf>) => ({
  from: dayOf(start, zone.value),
  // A reset at midnight is the end of the day before it.
  to: dayOf(Math.min(end - 1, now.value), zone.value),
});

const FRESH = {
  every_ms: 5000,
  after: (events: { event_category: string }[]) => events.some((e) => e.event_category === "limit"),
};
const scopeOf = ({ source, account, limit_id, window }: LimitWindow) => ({
  source,
  account,
  limit_id,
  window,
});

/** The samples of the current window, oldest first; hours for a long one. */
export function useCourse(w: LimitWindow) {
  const { start } = spanOf(w);
  const isLong = (w.window_minutes ?? 0) > 1440;
  const query = {
    ...scopeOf(w),
    // On a whole minute, so that a reset that is reported a second later does not cause another request.
    start_time: Math.floor(start / MINUTE) * MINUTE,
    resolution: isLong ? "hour" : "raw",
    limit: MOST,
  } as const;
  const { data, fault } = useResource("GET /api/limits/history", { query }, FRESH);
  const series = data?.series[0];
  const points = isLong
    ? (series?.hours ?? []).map((h) => ({ at: h.hour_unix_ms + 60 * MINUTE, used: h.last_used_percent }))
    : (series?.points ?? []).map((p) => ({ at: p.time_unix_ms, used: p.used_percent }));
  const isOn = w.used_percent !== null;
  const known = points.filter((p) => p.at >= start && p.at < w.time_unix_ms);
  if (isOn) known.push({ at: w.time_unix_ms, used: w.used_percent ?? 0 });
  return { points: known, fault, is_loaded: data !== null };
}

/** Hours of the last weeks, or of the chosen days. */
export function useHours(w: LimitWindow, isCurrent: boolean) {
  const weeks = { start_time: Math.floor(Date.now() / DAY_MS) * DAY_MS - 34 * DAY_MS, end_time: "" };
  const { start_time, end_time } = isCurrent ? weeks : range.value.query;
  const query = { ...scopeOf(w), start_time, end_time };
  const { data, fault } = useResource("GET /api/limits/history", { query }, FRESH);
  const hours = data?.series[0]?.hours ?? [];
  return { data, hours, fault, until_unix_ms: data?.until_unix_ms ?? 0 };
}

export function useSamples(w: LimitWindow) {
  const start_time = Math.floor(Date.now() / 3_600_000) * 3_600_000 - DAY_MS;
  const query = { ...scopeOf(w), start_time, resolution: "raw", limit: MOST } as const;
  const { data, fault } = useResource("GET /api/limits/history", { query }, FRESH);
  return { samples: data?.series[0]?.points ?? [], fault, is_loaded: data !== null };
}
