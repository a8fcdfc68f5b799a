import { computed } from "@preact/signals";
import type { Period } from "../../schema/api-params.ts";
import { DAY_MS } from "../../schema/durations.ts";
import { dayBefore } from "./format.ts";
import { behind } from "./route.ts";
import { today } from "./spend.ts";
import { zone } from "./status.ts";

export const RANGES = { today: "Today", "7d": "7 days", "30d": "30 days" } as const;
type RangeName = keyof typeof RANGES;
const DAYS: Record<RangeName, number> = { today: 1, "7d": 7, "30d": 30 };
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export type Range = {
  name: RangeName | "custom";
  from: string;
  to: string;
  days: number;
  period: Period;
  /** What the API is asked for. */
  query: { start_time: string; end_time: string; time_zone: string };
};

const isDay = (text: string | undefined): text is string =>
  text !== undefined && DAY.test(text) && !Number.isNaN(Date.parse(text));

/** The days that are looked at, as the address has them: `range=7d`, or `from` and `to`. */
export const range = computed<Range>(() => {
  const { from, to, range = "7d" } = behind.value.query;
  const time_zone = zone.value;
  const last = isDay(to) ? to : today.value;
  if (isDay(from) && from <= last) return toRange("custom", from, last, time_zone);
  const name = range in DAYS ? (range as RangeName) : "7d";
  return toRange(name, dayBefore(today.value, DAYS[name] - 1), today.value, time_zone);
});

function toRange(name: Range["name"], from: string, to: string, time_zone: string): Range {
  const days = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
  const period = days <= 2 ? "hour" : days <= 92 ? "day" : days <= 800 ? "week" : "month";
  return { name, from, to, days, period, query: { start_time: from, end_time: to, time_zone } };
}
