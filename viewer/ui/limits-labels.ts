/** The texts around a dial. Pure; exact figures belong in a tooltip. */
import type { LimitDial, LimitWindow } from "../../schema/api-limits.ts";
import { toPercent } from "../../schema/figures.ts";
import { elapsedRatio, isStale, paceRatio, resetSeconds } from "../../schema/rate-limits.ts";
import { ago, dayOf, shortMoment } from "./format.ts";

export type Shown = Pick<
  LimitWindow,
  "state" | "used_percent" | "resets_at_unix_ms" | "window_minutes" | "forecast"
> & {
  time_unix_ms: number | null;
  last_used_percent: number | null;
};
export type Tone = "none" | "calm" | "ahead" | "low";

const LOW_PERCENT = 80;
const AHEAD_PACE = 1.1;
const ABSENT = "N/A";

/** Values age while the page stays open. */
export function isOld(w: Shown, now: number): boolean {
  if (w.used_percent === null || w.time_unix_ms === null) return false;
  return w.state === "stale" || isStale({ ...w, used_percent: 0, time_unix_ms: w.time_unix_ms }, now);
}

/** The window has ended since: its value does not apply to the current one. */
export function isOver(w: Shown, now: number): boolean {
  return w.state === "ended" || (w.resets_at_unix_ms !== null && w.resets_at_unix_ms <= now);
}

export function shownValue(w: Shown, now: number): string {
  return w.used_percent === null || isOver(w, now) ? ABSENT : toPercent(w.used_percent);
}

export function toneOf(w: Shown, now: number): Tone {
  if (w.used_percent === null || isOver(w, now)) return "none";
  if (w.used_percent > LOW_PERCENT) return "low";
  return (paceOf(w, now) ?? 0) > AHEAD_PACE ? "ahead" : "calm";
}

export function elapsedOf(w: Shown, now: number): number | undefined {
  return elapsedRatio(w.resets_at_unix_ms, w.window_minutes, now);
}

function paceOf(w: Shown, now: number): number | undefined {
  if (w.used_percent === null) return undefined;
  return paceRatio(w.used_percent / 100, w.resets_at_unix_ms, w.window_minutes, now);
}

export function countdown(w: Shown, now: number): string {
  const left = resetSeconds(w.resets_at_unix_ms, now);
  return left === undefined || w.used_percent === null ? "" : `resets in ${span(left)}`;
}

function span(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** The forecast if it is before the reset, else the pace. */
export function outlook(w: Shown, now: number, zone: string): string {
  const f = w.forecast;
  if (w.used_percent === null || isOver(w, now)) return "";
  if (w.used_percent >= 100) return "used up";
  if (f?.kind === "run_out" && f.is_before_reset === true && f.at_unix_ms > now)
    return `runs out ${range(f.earliest_unix_ms, f.latest_unix_ms, now, zone)}`;
  const pace = paceOf(w, now);
  if (pace === undefined) return "";
  return pace > 0.95 && pace < 1.05 ? "on pace" : `${pace.toFixed(1)}× pace`;
}

function range(from: number, until: number | null, now: number, zone: string): string {
  const start = Math.max(from, now);
  const first = shortMoment(start, now, zone);
  if (until === null) return `from ${first}`;
  const last = shortMoment(until, now, zone);
  if (first === last) return `at ${first}`;
  // The day is written once.
  return `${first} – ${dayOf(start, zone) === dayOf(until, zone) ? last.slice(-"00:00".length) : last}`;
}

/** Age of the value, and its state. */
export function provenance(w: Shown & { origin: LimitDial["origin"] }, now: number): string {
  const age = ago(w.time_unix_ms, now);
  if (w.state === "not_reported") return "not reported";
  if (w.state === "no_longer_reported") return `no longer reported · ${age}`;
  if (isOver(w, now)) return `window over · was ${toPercent(w.last_used_percent ?? 0)}`;
  return isOld(w, now) ? `stale · ${age}` : `${w.origin?.replace("_", " ")} · ${age}`;
}
