import type { PlanDetail } from "../../../schema/api-plans.ts";

export type Feature = PlanDetail["feature_list"][number];
export type Attempt = Feature["attempts"][number];
export type Span = { from: number; until: number };
export type Tick = { at: number; share: number };

const MINUTE = 60_000;
const STEPS = [1, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 10_080, 20_160, 43_200];
const MOST_TICKS = 6;
const LAST_TICK = 0.9;
/** Of the width: the shortest attempt is still seen. */
const THINNEST = 0.004;

/** From the first attempt to the last end; until the latest estimate while the plan is running. Undefined without attempts. */
export function spanOf(plan: PlanDetail, now: number): Span | undefined {
  const attempts = plan.feature_list.flatMap((f) => f.attempts);
  if (attempts.length === 0) return undefined;
  const from = attempts.reduce((least, a) => Math.min(least, a.started_unix_ms), Number.POSITIVE_INFINITY);
  const ends = attempts.map((a) => a.ended_unix_ms ?? now);
  const last = ends.reduce((most, at) => Math.max(most, at), from);
  const until = plan.state === "active" ? Math.max(last, now, plan.eta?.high_unix_ms ?? 0) : last;
  return { from, until: Math.max(until, from + MINUTE) };
}

export const shareOf = (at: number, { from, until }: Span): number =>
  Math.min(1, Math.max(0, (at - from) / (until - from)));

/** Whole steps of the clock, at most six. `offset_ms`: the zone's distance from UTC, so that days begin at midnight. */
export function ticksOf(span: Span, offset_ms: number): Tick[] {
  const room = (span.until - span.from) / MOST_TICKS;
  const step = (STEPS.find((minutes) => minutes * MINUTE >= room) ?? STEPS.at(-1)!) * MINUTE;
  const least = Math.max(step, room);
  const first = Math.ceil((span.from + offset_ms) / step) * step - offset_ms;
  const ticks: Tick[] = [];
  for (let at = first; at < span.until; at += Math.ceil(least / step) * step)
    ticks.push({ at, share: shareOf(at, span) });
  // The label of a later one would be beside the axis.
  return ticks.filter(({ share }) => share < LAST_TICK);
}

/** The zone's distance from UTC at a moment. */
export function offsetOf(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-CA", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  } as const).formatToParts(at);
  const part = (type: string) => Number(parts.find((p) => p.type === type)?.value ?? 0);
  const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
  return local - Math.floor(at / MINUTE) * MINUTE;
}

export function barOf(attempt: Attempt, span: Span, now: number): { left: number; width: number } {
  const left = shareOf(attempt.started_unix_ms, span);
  const width = shareOf(attempt.ended_unix_ms ?? now, span) - left;
  return { left: Math.min(left, 1 - THINNEST), width: Math.max(width, THINNEST) };
}

export const isInferred = (a: Attempt) => a.start_quality === "inferred" || a.end_quality === "inferred";
