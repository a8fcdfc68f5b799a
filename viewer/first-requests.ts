import type { Activity } from "../schema/activity.ts";
import { UNFINISHED } from "../schema/activity-filter.ts";
import { addressOf } from "../schema/api-address.ts";
import type { Costs } from "../schema/api-shapes.ts";
import type { EventType } from "../schema/event-catalogue.ts";
import type { SourceName } from "../schema/events.ts";
import type { PageName } from "../schema/pages.ts";
import { dayBefore } from "./ui/format.ts";

/**
 * The first requests of the page. The page and the server build them here, so that the embedded responses are the ones
 * that the page needs. No zod here, because the page loads this file.
 */
export type Moment = { day: string; time_zone: string; now_unix_ms: number; source: SourceName | "" };

const QUARTER_MS = 900_000;

/** Sessions on Now: those that ended long ago, or without an end, are only in the list of sessions. */
export const AT_WORK = ["waiting", "working", UNFINISHED, "done"];
export const agentsNow = () => ({ query: { activity: AT_WORK.join(","), limit: 100 } }) as const;

/** A day and the one before it, by hour and model. */
export const twoDays = ({ day, time_zone }: Pick<Moment, "day" | "time_zone">) =>
  ({ query: { period: "hour", start_time: dayBefore(day, 1), end_time: day, time_zone } }) as const;

/** Seven days that end with this one, and the seven before them, by day. */
export const twoWeeks = ({ day, time_zone, source }: Omit<Moment, "now_unix_ms">) => {
  const range = { start_time: dayBefore(day, 13), end_time: day, time_zone };
  return { query: { metric: "cost", period: "day", ...range, source } } as const;
};

/** The day before until the same time of day, in quarters of an hour. Undefined if the hours of a day are missing. */
export function sameTime(costs: Pick<Costs, "buckets">, moment: Moment) {
  const { day, time_zone, source, now_unix_ms } = moment;
  const startOf = (of: string) => costs.buckets.find((b) => b.bucket.startsWith(of))?.bucket_unix_ms;
  const [start, first] = [startOf(day), startOf(dayBefore(day, 1))];
  if (start === undefined || first === undefined) return undefined;
  const until = first + Math.ceil(Math.max(1, now_unix_ms - start) / QUARTER_MS) * QUARTER_MS;
  return { query: { start_time: first, end_time: until, time_zone, source } };
}

/** Of a ranking on Now. */
export const FEW = 3;
export type TopGroup = "project" | "session" | "agent_type";
export const topOf = (by: TopGroup, { day, time_zone, source }: Omit<Moment, "now_unix_ms">) => {
  const range = { start_time: day, end_time: day, time_zone };
  return { query: { metric: "cost", group_by: by, limit: FEW, ...range, source } } as const;
};

export const kindsOf = ({ day, time_zone, source }: Omit<Moment, "now_unix_ms">) => ({
  query: { start_time: day, end_time: day, time_zone, source },
});

/** Cache savings and losses of a day; only the sums of groups and misses are shown. */
export const cacheOf = ({ day, time_zone, source }: Omit<Moment, "now_unix_ms">) =>
  ({ query: { by: "day", start_time: day, end_time: day, time_zone, source, limit: 1 } }) as const;

/** Events that deserve attention; routine events are on the Events page. */
const MATTERS: EventType[] = [
  ...(["permission_requested", "notification", "tool_failed", "tool_rejected", "api_error"] as const),
  ...([
    "turn_interrupted",
    "compaction_completed",
    "session_started",
    "session_ended",
    "agent_started",
  ] as const),
  ...(["prompt_submitted", "alert_fired", "alert_cleared", "feature_completed", "feature_failed"] as const),
  ...(["orchestration_started", "orchestration_completed", "pr_created"] as const),
];
const MATTERS_SHOWN = 8;
export const eventsThatMatter = (source: SourceName | "") =>
  ({ query: { event_type: MATTERS.join(","), limit: MATTERS_SHOWN, source, history: "true" } }) as const;

/** Items of a timeline are requested by whole pages of so many. */
export const TIMELINE_PAGE = 100;
/** More than fit into the tallest window. */
const IN_SIGHT = 40;
export const opensAtEnd = (activity: Pick<Activity, "state">) => LIVE.includes(activity.state);
const LIVE: Activity["state"][] = ["working", "waiting"];

/** The pages of a timeline that are in sight when its session is opened. */
export function firstTimeline(id: string, activity: Pick<Activity, "state">, items: number): string[] {
  const last = Math.max(0, Math.floor((items - 1) / TIMELINE_PAGE));
  const first = opensAtEnd(activity) ? Math.floor(Math.max(0, items - IN_SIGHT) / TIMELINE_PAGE) : 0;
  const pages = opensAtEnd(activity) ? [...new Set([first, last])] : [0];
  return pages.map((page) => {
    const query = { limit: TIMELINE_PAGE, offset: page * TIMELINE_PAGE };
    return addressOf("GET /api/sessions/:id/timeline", { params: { id }, query }).path;
  });
}

/** The addresses of all of them, in order of visibility. */
export function firstRequests(page: PageName, moment: Moment): string[] {
  const { source } = moment;
  const everywhere = [
    addressOf("GET /api/status"),
    addressOf("GET /api/costs", twoDays(moment)),
    addressOf("GET /api/sessions", agentsNow()),
    addressOf("GET /api/limits"),
    addressOf("GET /api/alerts"),
  ];
  const now = [
    addressOf("GET /api/aggregations", twoWeeks(moment)),
    addressOf("GET /api/cache", cacheOf(moment)),
    ...(["project", "session", "agent_type"] as const).map((by) =>
      addressOf("GET /api/aggregations", topOf(by, moment)),
    ),
    addressOf("GET /api/costs/kinds", kindsOf(moment)),
    addressOf("GET /api/metrics", eventsThatMatter(source)),
  ];
  return [...everywhere, ...(page === "now" ? now : [])].map(({ path }) => path);
}
