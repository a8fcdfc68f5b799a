import { isBookkeeping } from "../../../schema/bookkeeping.ts";
import type { EventCategory, EventType } from "../../../schema/event-catalogue.ts";
import type { FeedEvent, SourceName } from "../../../schema/events.ts";
import type { PageQuery } from "../../../schema/pages.ts";
import { isProject } from "../../../schema/projects.ts";
import { toolMatcher } from "../../../schema/tool-pattern.ts";
import type { Range } from "../range.ts";

/** Written out, since the catalogue itself would bring the fields of every event into the page. */
export const TYPES_OF: Record<EventCategory, EventType[]> = {
  session: [
    "session_started",
    "session_ended",
    "agent_started",
    "agent_stopped",
    "compaction_started",
    "compaction_completed",
    "capture_mode_changed",
  ],
  user: ["prompt_submitted", "turn_ended", "turn_interrupted"],
  tool: ["tool_started", "tool_completed", "tool_failed", "permission_requested", "tool_rejected"],
  custom: ["notification", "hook_other"],
  api: ["api_response", "usage_updated", "ownership_changed", "api_error"],
  limit: ["rate_limit", "alert_fired", "alert_cleared"],
  plan: [
    "plan_created",
    "plan_optimized",
    "feature_created",
    "orchestration_started",
    "feature_started",
    "feature_completed",
    "feature_failed",
    "orchestration_completed",
    "pr_created",
  ],
};
const ALL = Object.entries(TYPES_OF) as [EventCategory, EventType[]][];

const NO_DATA = {};
const FAILURES: ReadonlySet<EventType> = new Set<EventType>([
  ...(["tool_failed", "tool_rejected", "api_error", "feature_failed"] as const),
]);

/** The filter of the address; the server rejects an unknown value with a reason. */
export type EventFilter = Range["query"] & {
  source: SourceName | "";
  session: string;
  project: string;
  tool: string;
  text: string;
  /** Empty = all but bookkeeping. */
  categories: EventCategory[];
  types: EventType[];
  isFailed: boolean;
};

const isCategory = (name: string): name is EventCategory => Object.hasOwn(TYPES_OF, name);
const isType = (name: string): name is EventType =>
  ALL.some(([, types]) => types.some((type) => type === name));
const list = (text: string) => text.split(",").filter((part) => part !== "");

export function toFilter(query: PageQuery, days: Range["query"]): EventFilter {
  return {
    source: (query.source ?? "") as SourceName | "",
    session: query.session ?? "",
    project: query.project ?? "",
    tool: query.tool ?? "",
    text: query.q ?? "",
    categories: list(query.category ?? "").filter(isCategory),
    types: list(query.type ?? "").filter(isType),
    isFailed: query.failed !== undefined && query.failed !== "",
    ...days,
  };
}

/** Names of the address that filter, to clear them. */
export const FILTER_NAMES = [
  "source",
  "session",
  "project",
  "tool",
  "q",
  "category",
  "type",
  "failed",
  ...(["range", "from", "to", "on"] as const),
] as const;

function typesOf({ types, categories, isFailed }: EventFilter): EventType[] {
  return ALL.filter(([name]) => categories.length === 0 || categories.includes(name)).flatMap(([, of]) =>
    of.filter(
      (type) =>
        (types.length === 0 || types.includes(type)) &&
        (!isFailed || FAILURES.has(type)) &&
        (types.includes(type) ||
          categories.includes("limit") ||
          type === "hook_other" ||
          !isBookkeeping({ event_type: type, data: NO_DATA })),
    ),
  );
}

/** All other hooks of the client, not only its questions. */
const showsHooks = ({ types }: EventFilter) => types.includes("hook_other");

/** The query to the server. A tool's name matches exactly, except that a star matches any characters. */
export function toQuery(filter: EventFilter) {
  const { source, session, project, tool, text, start_time, end_time, time_zone } = filter;
  return {
    source,
    session_id: session,
    project,
    tool_name: tool,
    q: text,
    time_zone,
    start_time,
    end_time,
    event_type: typesOf(filter).join(","),
    hooks: showsHooks(filter) ? "" : "asking",
    history: "true",
  } as const;
}

/** The same for events from the stream. `dayOf` cuts days in the filter's time zone. */
export function matcher(filter: EventFilter, dayOf: (ms: number, zone: string) => string) {
  const types = new Set<EventType>(typesOf(filter));
  const isTool = filter.tool === "" ? undefined : toolMatcher(filter.tool);
  const text = filter.text.toLowerCase();
  const hooks = showsHooks(filter);
  const { start_time: from, end_time: to } = filter;
  const isIn = (day: string) => (from === "" || day >= from) && (to === "" || day <= to);
  return (event: FeedEvent): boolean =>
    types.has(event.event_type) &&
    (event.event_type !== "hook_other" || hooks || !isBookkeeping(event)) &&
    (!filter.source || event.source === filter.source) &&
    (!filter.session || [event.session_id, event.session_key].includes(filter.session)) &&
    (!filter.project ||
      (event.project_path !== undefined && isProject(event.project_path, filter.project))) &&
    (!isTool || isTool(event.tool_name)) &&
    (text === "" || `${JSON.stringify(event.data)} ${event.tool_name ?? ""}`.toLowerCase().includes(text)) &&
    ((from === "" && to === "") || isIn(dayOf(event.time_unix_ms, filter.time_zone)));
}
