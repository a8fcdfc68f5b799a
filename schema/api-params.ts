import * as z from "zod";
import { ACTIVITY_STATES } from "./activity.ts";
import { UNFINISHED } from "./activity-filter.ts";
import { SOURCES } from "./events.ts";
import { ATTRIBUTION_GROUPS, BRANCH_GROUPS, GROUPS } from "./groups.ts";
import { offset, page } from "./paging.ts";
import { TEXT_ROLES } from "./texts.ts";
import { SESSION_KEY_FORMS } from "./vendors.ts";

export const PERIODS = ["hour", "day", "week", "month"] as const;
export const METRICS = ["count", "cost", "tokens"] as const;
/** Sort keys of a list of sessions: last sign of life, start, time from first to last, cost, tokens, failed calls. */
export const SESSION_SORTS = ["last", "started", "duration", "cost", "tokens", "failed"] as const;
export type SessionSort = (typeof SESSION_SORTS)[number];
export const STATS_PERIODS = ["24h", "7d", "30d"] as const;
export type Period = (typeof PERIODS)[number];

/**
 * SQLite ends a pattern at a NUL: only the part before it would be searched, and an empty pattern matches everything.
 */
export const text = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^[^\0]*$/, "text without NUL characters");
/** An agent or another tool chooses its ids, and any text may be one. */
const anyId = z.string().min(1).max(1000);
export const sessionId = anyId.describe(`${SESSION_KEY_FORMS} or the bare id`);
const agentId = z.string().max(1000);
export const list = <T extends [string, ...string[]]>(names: T) =>
  z
    .string()
    .max(2000)
    .transform((csv) => csv.split(",").map((s) => s.trim()))
    .pipe(z.array(z.enum(names)).min(1));

/** Unix milliseconds, an ISO 8601 instant, or a day of the time zone (as an end: that whole day). */
export const moment = z
  .string()
  .regex(
    /^(\d{1,15}|\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?)$/i,
    "Unix milliseconds, an ISO 8601 time or YYYY-MM-DD",
  )
  .describe("Unix milliseconds, ISO 8601, or YYYY-MM-DD in the time zone (as an end: through that day)");

export const timeZone = z
  .string()
  .min(1)
  .max(64)
  .refine(isTimeZone, "an IANA time zone such as Europe/Berlin")
  .describe("IANA time zone of days and hours; default: the daemon's");

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

export const range = {
  start_time: moment.optional(),
  end_time: moment.optional(),
  time_zone: timeZone.optional(),
};
export const where = {
  source: z.enum(SOURCES).optional(),
  project: text.describe("whole path, or its last part").optional(),
};

/** For sums and lists by session; an event does not name its account. */
export const whereAccount = {
  ...where,
  account: text.describe("alias of an account, as in `limits.codex_accounts`").optional(),
};

export const AggregationsQuery = z.strictObject({
  period: z.enum(PERIODS).default("day"),
  metric: z.enum(METRICS).default("cost"),
  group_by: z.enum(GROUPS).optional(),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(1000)
    .describe(
      "maximum number of groups, largest first; `others` sums up the rest, `total` covers all groups",
    ),
  session_id: sessionId.optional(),
  ...whereAccount,
  model: text
    .describe("only requests of this model; not with a `group_by` by purpose such as skill or agent_type")
    .optional(),
  ...range,
});

export const CostsQuery = z.strictObject({
  period: z
    .enum([...PERIODS, ...STATS_PERIODS])
    .default("day")
    .describe("length of a bucket; 24h, 7d and 30d also set the range"),
  group_by: z
    .enum([...ATTRIBUTION_GROUPS, ...BRANCH_GROUPS, "tool", "plan"])
    .describe(
      "adds sums by this dimension; tool = cost of the turns that used it; branch, pr = those of the request, else of its session",
    )
    .optional(),
  session_id: sessionId.optional(),
  ...whereAccount,
  ...range,
});

export const CostKindsQuery = z.strictObject({
  session_id: sessionId.optional(),
  ...whereAccount,
  model: text.describe("only this model").optional(),
  ...range,
});

const whereSession = {
  ...whereAccount,
  q: text.describe("part of a title, a project path or a session id").optional(),
  state: z.enum(["active", "idle", "ended"]).optional(),
  activity: list([...ACTIVITY_STATES, UNFINISHED])
    .describe("current activity; unfinished: silent in a tool call; all with a sign of life within a day")
    .optional(),
  model: text.describe("only sessions with a response of this model").optional(),
  branch: text.describe("Git branch").optional(),
  failed: z
    .enum(["true"])
    .transform(() => true)
    .describe("only sessions with a failed tool call")
    .optional(),
  sort: z.enum(SESSION_SORTS).default("last").describe("sort key"),
  since: moment.optional(),
  until: moment.optional(),
  ...range,
};
export const SessionsQuery = z.strictObject({
  ...whereSession,
  order: z.enum(["desc", "asc"]).default("desc"),
  offset,
  ...page,
});
export const SessionDaysQuery = z.strictObject(whereSession);

const TIMELINE_PARTS = ["turn", "agent", "request", "tool", "event", "failed"] as const;
export const TimelineQuery = z.strictObject({
  agent_id: agentId.describe("only this agent; empty = the main thread").optional(),
  only: list([...TIMELINE_PARTS])
    .describe("comma-separated kinds; `failed` = only failed ones")
    .optional(),
  offset,
  ...page,
});
export const TranscriptQuery = z.strictObject({
  agent_id: agentId.describe("only this agent; empty = the main thread").optional(),
  role: list([...TEXT_ROLES])
    .describe("comma-separated list")
    .optional(),
  from: z
    .enum(["start", "end"])
    .default("start")
    .describe("end of the conversation at which the first page starts"),
  around: z
    .string()
    .regex(/^\d{1,15}$/, "`id` of a text")
    .describe("the page that contains this text")
    .optional(),
  ...page,
});
export const SearchQuery = z.strictObject({
  q: text.describe('words that must all occur, `"exact phrases"`, and prefixes such as `pain*`'),
  ...where,
  session_id: sessionId.optional(),
  role: list([...TEXT_ROLES])
    .describe("comma-separated list")
    .optional(),
  tool_name: text.describe("only calls of this tool").optional(),
  failed: z
    .enum(["true"])
    .transform(() => true)
    .describe("only calls that failed")
    .optional(),
  since: moment.optional(),
  until: moment.optional(),
  time_zone: timeZone.optional(),
  ...page,
});
export const SessionAggregationQuery = z.strictObject({
  time_zone: timeZone.optional(),
  period: z.enum(PERIODS).default("day"),
});

export const RequestsQuery = z.strictObject({
  session_id: sessionId.optional(),
  ...whereAccount,
  model: text.describe("only this model").optional(),
  agent_id: agentId.describe("empty = the main thread").optional(),
  unpriced: z.enum(["true", "false"]).optional(),
  missed: z
    .enum(["true"])
    .transform(() => true)
    .describe("only cache misses; without session_id or start_time, of the last 7 days")
    .optional(),
  miss_reason: text.describe("only cache misses with this reason").optional(),
  group_by: z
    .enum(GROUPS)
    .describe("only requests of this `group` of GET /api/aggregations; absent = requests without a group")
    .optional(),
  group: text.optional(),
  sort: z.enum(["time", "lost"]).default("time").describe("latest first, or cache misses by cost"),
  ...range,
  ...page,
});

export const ReconcileQuery = z.strictObject({
  session_id: sessionId.optional(),
  ...whereAccount,
  ...range,
});

export const StatsQuery = z.strictObject({
  period: z.enum(STATS_PERIODS).default("24h"),
  ...whereAccount,
  time_zone: timeZone.optional(),
});

export const SessionParams = z.strictObject({
  id: sessionId,
});
export const RequestParams = z.strictObject({
  id: anyId.describe("`seq` or `request_key`"),
});

export const ReindexBody = z.strictObject({
  sources: z.array(z.enum(SOURCES)).min(1).describe("absent = all").optional(),
});

export const StreamSwitch = z.strictObject({
  enabled: z.boolean().optional().describe("false = no live part is expected or run; kept across restarts"),
  reset: z.boolean().optional().describe("true = reset a crash loop and start again"),
});
