import { DAY_MS } from "../../schema/durations.ts";
import { toDigits, toDollars } from "../../schema/figures.ts";

/** Formats numbers and times for display. Pure; the exact value belongs in a tooltip. */
const NOTHING = "–";

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Creating one costs more than using it a hundred times, and lists have hundreds of rows. */
function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  const made = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formatters.set(key, made);
  return made;
}

const grouped = new Intl.NumberFormat("en-US");

export function money(nano: number | null): string {
  return nano === null ? NOTHING : toDollars(nano);
}

export function exactMoney(nano: number | null): string {
  if (nano === null) return "no price known";
  const text = toDigits(nano, 9).replace(/0+$/, "");
  return /\.\d\d/.test(text) ? text : toDigits(nano, 2);
}

/** Three significant digits: 950, 1.23k, 12.3k, 4.56M. */
export function tokens(count: number): string {
  if (count < 1000) return String(count);
  const steps = ["k", "M", "B", "T"];
  let value = count / 1000;
  let step = 0;
  // 999 500 is 1.00M, not 1000k.
  while (value >= 999.5 && step < steps.length - 1) {
    value /= 1000;
    step++;
  }
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)}${steps[step]}`;
}

export function exact(count: number): string {
  return grouped.format(count);
}

export function plural(count: number, noun: string): string {
  return `${grouped.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Rounded down: 99.96 % is not 100 %. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return NOTHING;
  const tenths = Math.floor((part * 1000) / whole) / 10;
  return `${tenths >= 10 && tenths < 99 ? Math.floor(tenths) : tenths} %`;
}

export function duration(ms: number | null): string {
  if (ms === null) return "";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(Math.floor(seconds) % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${two(minutes % 60)} min` : `${Math.floor(hours / 24)} days`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}

export function ago(then: number | null, now: number): string {
  if (then === null) return "";
  const seconds = Math.max(0, Math.floor((now - then) / 1000));
  if (seconds < 45) return "just now";
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.max(1, Math.floor(seconds / 3600));
  if (hours < 24) return `${hours} h ago`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "yesterday" : `${days} days ago`;
}

export function clock(ms: number | null, zone: string): string {
  if (ms === null) return "";
  return formatter("en-GB", { timeStyle: "medium", timeZone: zone }).format(ms);
}

/** The time of day; for another day than today its date instead, since the list goes back that far. */
export function clockOrDay(ms: number | null, now: number, zone: string): string {
  if (ms === null) return "";
  return dayOf(ms, zone) === dayOf(now, zone) ? clock(ms, zone) : shortDay(ms, zone);
}

function shortDay(ms: number, zone: string): string {
  return formatter("en-GB", { day: "numeric", month: "short", timeZone: zone }).format(ms);
}

/** 19:33, or 18 Nov 19:33 if it was not today. */
export function shortMoment(ms: number | null, now: number, zone: string): string {
  if (ms === null) return "";
  const time = formatter("en-GB", { timeStyle: "short", timeZone: zone }).format(ms);
  return dayOf(ms, zone) === dayOf(now, zone) ? time : `${shortDay(ms, zone)} ${time}`;
}

export function dayAndTime(ms: number | null, zone: string): string {
  if (ms === null) return "";
  return formatter("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: zone }).format(ms);
}

/** To the second. */
export function dayAndClock(ms: number, zone: string): string {
  return formatter("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: zone }).format(ms);
}

/** YYYY-MM-DD of a moment in a zone; the form that the API takes and gives. */
export function dayOf(ms: number, zone: string): string {
  return formatter("en-CA", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    timeZone: zone,
  }).format(ms);
}

/** The calendar day `days` before one; by the calendar, so that a day of 23 hours counts as one. */
export function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10);
}

export function weekday(day: string): string {
  return formatter("en", { weekday: "short", timeZone: "UTC" }).format(Date.parse(`${day}T12:00:00Z`));
}

/** 24 Nov */
export function shortDate(day: string): string {
  return shortDay(Date.parse(`${day}T12:00:00Z`), "UTC");
}

/** Tuesday, 24 November 2026 */
export function longDay(day: string): string {
  return formatter("en-GB", { dateStyle: "full", timeZone: "UTC" }).format(Date.parse(`${day}T12:00:00Z`));
}

/** CET, or GMT+1 if a zone has no abbreviation. */
export function zoneAbbreviation(ms: number, zone: string): string {
  const parts = formatter("en-GB", { timeZoneName: "short", timeZone: zone }).formatToParts(ms);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

export function timeOfDay(ms: number | null, zone: string): string {
  return ms === null ? "" : formatter("en-GB", { timeStyle: "short", timeZone: zone }).format(ms);
}
