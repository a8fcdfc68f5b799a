import * as z from "zod";
import { Activity } from "./activity.ts";
import { Coverage } from "./api-coverage.ts";
import { METRICS, PERIODS, STATS_PERIODS } from "./api-params.ts";
import { tokenFields } from "./event-shapes.ts";
import { EVENT_CATEGORIES, EVENT_TYPE_NAMES, ORIGINS, SOURCES } from "./events.ts";
import { GROUPS } from "./groups.ts";
import { TOOL_OUTCOMES } from "./row-values.ts";
import { QUALITY_FLAGS } from "./usage.ts";

const count = z.int().nonnegative();
const time = z.int().nullable();
const textOrNull = z.string().nullable();
/** Integer nano-USD; null if nothing is priced, never 0 instead. */
const money = z.int().nullable().describe("nano-USD; null = no price known, or nothing to price");

export const Tokens = z.object(tokenFields(z));
export type Tokens = z.infer<typeof Tokens>;

export const Totals = z.object({
  requests: count,
  ...Tokens.shape,
  cost_nano_usd: money,
  coverage: Coverage,
});
export type Totals = z.infer<typeof Totals>;

const Bucket = z.object({
  bucket: z.string().describe("2026-11-01, 2026-11 or 2026-11-01T01:00-04:00; a week is named by its Monday"),
  bucket_unix_ms: z.int(),
  until_unix_ms: z.int(),
});
const Cut = z.object({
  time_zone: z.string(),
  from_unix_ms: z.int().describe("rounded outwards to quarter hours"),
  until_unix_ms: z.int(),
  first_record_unix_ms: time.describe("there is no data before it, which is not the same as 0"),
});

export const Aggregations = Cut.extend({
  period: z.enum(PERIODS),
  metric: z.enum(METRICS),
  group_by: z.enum(GROUPS).nullable(),
  buckets: z.array(Bucket).describe("every bucket of the range, including empty ones"),
  rows: z.array(
    z.object({
      bucket: z.string(),
      bucket_unix_ms: z.int(),
      group: textOrNull.describe("null without group_by; empty = unknown"),
      value: z.int().nullable().describe("count, tokens or nano-USD; null = no price known"),
      coverage: Coverage.nullable().describe("null for counts of events, and by kind"),
    }),
  ),
  groups: z
    .array(
      z.object({
        group: textOrNull,
        label: textOrNull.describe("a session's title, a plan's name, the beginning of a prompt"),
        value: z.int().nullable(),
        coverage: Coverage.nullable().describe("null for counts of events, and by kind"),
      }),
    )
    .describe("sums over the range, largest first"),
  others: z
    .object({
      groups: z.int(),
      value: z.int().nullable(),
      coverage: Coverage.nullable(),
      rows: z.array(z.object({ bucket_unix_ms: z.int(), value: z.int().nullable() })),
    })
    .describe("the groups behind `limit`, together"),
  total: z.int().nullable(),
  coverage: Coverage.nullable(),
});
export type Aggregations = z.infer<typeof Aggregations>;

const CostRow = Totals.extend({ model: z.string() });
export const Costs = Cut.extend({
  period: z.enum(PERIODS),
  buckets: z.array(Bucket),
  rows: z.array(CostRow.extend({ bucket: z.string(), bucket_unix_ms: z.int() })),
  models: z.array(CostRow).describe("largest cost first"),
  group_by: z.string().nullable(),
  groups: z
    .array(
      Totals.extend({
        group: z.string().describe("empty = none is known"),
        label: textOrNull.describe("a plan's name"),
      }),
    )
    .describe("by group, largest cost first; for tools the parts overlap; empty without group_by"),
  total: Totals,
});
export type Costs = z.infer<typeof Costs>;

export const Session = z.object({
  session_key: z.string(),
  session_id: z.string(),
  source: z.enum(SOURCES),
  state: z.enum(["active", "idle", "ended"]).describe("active = a sign of life in the last five minutes"),
  activity: Activity,
  project: textOrNull.describe("last part of project_path; of a worktree its repository's"),
  project_path: textOrNull,
  git_branch: textOrNull,
  title: textOrNull,
  client_version: textOrNull,
  entrypoint: textOrNull,
  started_unix_ms: time,
  last_unix_ms: time,
  ended_unix_ms: time,
  end_reason: textOrNull,
  parent_session_id: textOrNull,
  relation: textOrNull.describe("`fork` of, or `agent` of, the parent session"),
  account: z.string().describe("alias of `limits.codex_accounts`, else `default`"),
  models: z.array(z.string()),
  turns: count,
  tool_calls: count,
  failed_tool_calls: count,
  denied_tool_calls: count.describe("that a person, a rule or the classifier refused"),
  agents: count,
  context: z
    .object({
      tokens: count,
      model: z.string(),
      window_tokens: count
        .nullable()
        .describe("context window, as reported by the client or published by the vendor; null = unknown"),
    })
    .nullable()
    .describe("input tokens of the last request of the main thread; null = no request"),
  totals: Totals,
});
export type Session = z.infer<typeof Session>;

const Agent = z.object({
  agent_id: z.string(),
  agent_type: textOrNull,
  description: textOrNull,
  tool_use_id: textOrNull.describe("the tool call that started it"),
  depth: z.int().nullable(),
  started_unix_ms: time,
  ended_unix_ms: time,
  parent_agent_id: textOrNull.describe(
    "the agent that started it; empty = the main thread, null = not known",
  ),
  state: z
    .enum(["working", "done", "unknown"])
    .describe("unknown: no end was recorded, and no sign of life came lately"),
  since_unix_ms: time.describe("its start while it works, else its end or last sign of life"),
  tool_calls: count,
  failed_tool_calls: count,
  totals: Totals,
});

/** Hooks compared with the transcript: complete if nothing is missing. */
const Hooks = z.object({
  events: count.describe("hook events that were recorded"),
  missing: count.describe("tool calls and failed turns in the transcript without their hook event"),
});

export const SessionDetail = Session.extend({
  hooks: Hooks.nullable().describe("null = no hook events of this session"),
  transcript_path: textOrNull,
  agent_list: z.array(Agent),
  main: Totals.describe("the main thread alone; main + agent_list = totals"),
  tools: z.array(
    z.object({
      tool_name: z.string(),
      calls: count,
      failed: count,
      duration_ms: count,
      p50_ms: count.nullable().describe("null = no call has a time"),
      p95_ms: count.nullable(),
      decisions: z
        .array(z.object({ decision: z.string(), decided_by: z.string(), calls: count }))
        .describe("who allowed or denied its calls, as reported by telemetry; most frequent first"),
    }),
  ),
  children: z.array(z.object({ session_key: z.string(), relation: textOrNull, title: textOrNull })),
});
export type SessionDetail = z.infer<typeof SessionDetail>;

const onTimeline = {
  time_unix_ms: time,
  agent_id: z.string().describe("empty on the main thread"),
  prompt_id: textOrNull,
};
export const TimelineItem = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("turn"),
    ...onTimeline,
    started_unix_ms: time,
    ended_unix_ms: time,
    duration_ms: count.nullable(),
    prompt: textOrNull,
  }),
  z.object({
    kind: z.literal("request"),
    ...onTimeline,
    seq: z.int().positive(),
    request_key: z.string(),
    model: z.string(),
    tokens: Tokens,
    cost_nano_usd: money,
    flags: z.array(z.enum(QUALITY_FLAGS)),
  }),
  z.object({
    kind: z.literal("tool"),
    ...onTimeline,
    tool_key: z.string(),
    tool_use_id: z.string(),
    tool_name: textOrNull,
    started_unix_ms: time,
    ended_unix_ms: time,
    duration_ms: count.nullable(),
    outcome: z.enum(TOOL_OUTCOMES),
    summary: textOrNull,
    error: textOrNull,
    decision: textOrNull.describe(
      "last decision on this call, as reported by telemetry: `accept`, `reject`, `approved`, …",
    ),
    decided_by: textOrNull.describe("who decided: `user_reject`, `config`, `hook`, …; null = no telemetry"),
    child_agent_id: textOrNull.describe("the agent that this call started"),
  }),
  z.object({
    kind: z.literal("agent"),
    ...onTimeline,
    agent_type: textOrNull,
    description: textOrNull,
    tool_use_id: textOrNull,
    depth: z.int().nullable(),
    started_unix_ms: time,
    ended_unix_ms: time,
    duration_ms: count.nullable(),
  }),
  z.object({
    kind: z.literal("event"),
    ...onTimeline,
    seq: z.int().positive(),
    event_type: z.enum(EVENT_TYPE_NAMES),
    event_category: z.enum(EVENT_CATEGORIES),
    origin: z.enum(ORIGINS),
    tool_name: textOrNull,
    data: z.record(z.string(), z.unknown()),
  }),
]);
export type TimelineItem = z.infer<typeof TimelineItem>;
export const Timeline = z.object({
  session_key: z.string(),
  agents: z.array(Agent),
  items: z.array(TimelineItem).describe("oldest first"),
});
export type Timeline = z.infer<typeof Timeline>;

export const SessionAggregation = z.object({
  session_key: z.string(),
  time_zone: z.string(),
  total: Totals,
  models: z.array(CostRow),
  agents: z.array(Totals.extend({ agent_id: z.string() })).describe("empty agent_id = the main thread"),
  buckets: z.array(Totals.extend({ bucket: z.string(), bucket_unix_ms: z.int() })),
  events: z.array(z.object({ event_type: z.enum(EVENT_TYPE_NAMES), count })),
});
export type SessionAggregation = z.infer<typeof SessionAggregation>;

const change = z.number().nullable().describe("now / before - 1; null where before is empty");
const Headline = Totals.extend({
  sessions: count,
  turns: count,
  tool_calls: count,
  failed_tool_calls: count,
  agents: count,
});
export const DashboardStats = Cut.extend({
  period: z.enum(STATS_PERIODS),
  now: Headline,
  before: Headline.describe("the equally long period before"),
  change_ratio: z.object({
    cost_nano_usd: change,
    total_tokens: change,
    requests: change,
    sessions: change,
    tool_calls: change,
    turns: change,
  }),
  series: z
    .array(Totals.extend({ bucket: z.string(), bucket_unix_ms: z.int(), until_unix_ms: z.int() }))
    .describe("by hour for 24h, else by day; every bucket"),
  models: z.array(CostRow),
  projects: z.array(Totals.extend({ project_path: z.string().describe("empty = unknown"), sessions: count })),
  sources: z.array(Totals.extend({ source: z.enum(SOURCES), sessions: count })),
  tools: z
    .array(z.object({ tool_name: z.string(), calls: count, failed: count }))
    .describe("most called first, at most 20"),
  active_sessions: z.array(Session).describe("latest first, at most 10"),
});
export type DashboardStats = z.infer<typeof DashboardStats>;
