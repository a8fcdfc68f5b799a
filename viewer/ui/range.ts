import { computed } from "@preact/signals";
import type { Period } from "../../schema/api-params.ts";
import { DAY_MS } from "../../schema/durations.ts";
import { dayBefore } from "./format.ts";
import { OPEN } from "./ranged.ts";
import { behind } from "./route.ts";
import { today } from "./spend.ts";
import { zone } from "./status.ts";

export const RANGES = { today: "Today", "7d": "7 days", "30d": "30 days" } as const;
type RangeName = keyof typeof RANGES;
const DAYS: Record<RangeName, number> = { today: 1, "7d": 7, "30d": 30 };
/** A handwritten range, such as `90d`, `12w` or `1y`. */
const UNIT_DAYS: Record<string, number> = { d: 1, w: 7, m: 30, y: 365 };
/** A year that is being typed is not valid yet. */
const DAY = /^2\d{3}-\d{2}-\d{2}$/;

export type Range = {
  name: RangeName | "custom" | "all";
  /** YYYY-MM-DD; empty = without a bound at this side. */
  from: string;
  to: string;
  days: number;
  period: Period;
  /** Parameters for the API. */
  query: { start_time: string; end_time: string; time_zone: string };
};

export const isDay = (text: string): boolean => DAY.test(text) && !Number.isNaN(Date.parse(text));

/**
 * The days that are shown, as the address has them: `range=7d`, or `from` and `to`; `on` is an older name of one day.
 * Any other value is sent to the server as is, which rejects it with a reason.
 */
export const range = computed<Range>(() => {
  const { page, query } = behind.value;
  const on = page === "events" ? query.on : "";
  const [from = "", to = ""] = [query.from || on, query.to || on];
  if (from !== "" || to !== "") return custom(from, to, page in OPEN);
  const name = query.range ?? "";
  if (name === "") return page in OPEN ? toRange("all", "", "") : named("7d");
  if (Object.hasOwn(DAYS, name)) return named(name as RangeName);
  const [, count, unit] = /^([1-9]\d{0,2})([dwmy])$/.exec(name) ?? [];
  const since = unit ? dayBefore(today.value, Number(count) * UNIT_DAYS[unit]! - 1) : name;
  return toRange("custom", since, today.value);
});

const named = (name: RangeName) => toRange(name, dayBefore(today.value, DAYS[name] - 1), today.value);

/** Only one bound: until today, or everything before it; without an "all" range, the week that ends there. */
function custom(from: string, to: string, isOpen: boolean): Range {
  if (isDay(from) && isDay(to) && from > to) return toRange("custom", to, from);
  if (to === "") return toRange("custom", from, from > today.value ? from : today.value);
  const first = from === "" && !isOpen && isDay(to) ? dayBefore(to, DAYS["7d"] - 1) : from;
  return toRange("custom", first, to);
}

function toRange(name: Range["name"], from: string, to: string): Range {
  const between = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
  const days = Number.isNaN(between) ? DAYS["7d"] : between;
  const period = days <= 2 ? "hour" : days <= 92 ? "day" : days <= 800 ? "week" : "month";
  return { name, from, to, days, period, query: { start_time: from, end_time: to, time_zone: zone.value } };
}
