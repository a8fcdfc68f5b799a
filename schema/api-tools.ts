import * as z from "zod";
import { range, sessionId, text, whereAccount } from "./api-params.ts";
import { SOURCES } from "./events.ts";
import { page } from "./paging.ts";
import { TOOL_OUTCOMES } from "./row-values.ts";

const count = z.int().nonnegative();
const textOrNull = z.string().nullable();
const scope = { session_id: sessionId.optional(), ...whereAccount, ...range };

const ToolsQuery = z.strictObject(scope);
const TOOL_GROUPS = ["mcp_server", "skill", "agent_type"] as const;
export type ToolGroupBy = (typeof TOOL_GROUPS)[number];
const ToolGroupsQuery = z.strictObject({ by: z.enum(TOOL_GROUPS).default("mcp_server"), ...scope });
const ToolCallsQuery = z.strictObject({
  ...scope,
  tool_name: text.describe("name of a tool in any case; `*` matches any characters").optional(),
  outcome: z.enum(TOOL_OUTCOMES).optional(),
  ...page,
});

const decision = { decision: z.string(), decided_by: z.string() };

export const Tools = z.object({
  period: z.enum(["hour", "day", "week"]),
  from_unix_ms: z.int(),
  until_unix_ms: z.int(),
  buckets: z.array(z.object({ bucket: z.string(), bucket_unix_ms: z.int() })).describe("of the series"),
  tools: z
    .array(
      z.object({
        tool_name: z.string().describe("empty = not known"),
        mcp_server: textOrNull.describe("of a tool of an MCP server, `mcp__<server>__<tool>`"),
        calls: count,
        failed: count,
        duration_ms: count.describe("sum over the calls that have a duration"),
        timed_calls: count,
        p50_ms: count.nullable().describe("null = no call has a duration"),
        p95_ms: count.nullable(),
        series: z.array(z.tuple([count, count])).describe("calls and failed calls of each bucket"),
        decisions: z
          .array(z.object({ ...decision, calls: count }))
          .describe("who allowed or denied its calls, as reported by telemetry; most frequent first"),
      }),
    )
    .describe("most called first"),
});
export type Tools = z.infer<typeof Tools>;
export type Tool = Tools["tools"][number];

const ToolGroups = z.object({
  groups: z
    .array(
      z.object({
        name: z.string().describe("empty = not known"),
        calls: count.describe("calls; of a type of sub-agent its runs"),
        failed: count,
        duration_ms: count.describe("sum over those with a duration"),
        timed_calls: count,
        p50_ms: count.nullable(),
        p95_ms: count.nullable(),
      }),
    )
    .describe("most called first"),
});
export type ToolGroup = z.infer<typeof ToolGroups>["groups"][number];

const ToolResults = z.object({
  tools: z
    .array(z.object({ tool_name: z.string(), results: count, chars: count }))
    .describe("recorded results, with the characters that the model was given"),
});

export const ToolCall = z.object({
  tool_key: z.string(),
  tool_name: textOrNull,
  tool_use_id: z.string(),
  source: z.enum(SOURCES),
  session_key: z.string(),
  title: textOrNull,
  project: textOrNull,
  agent_id: z.string().describe("empty on the main thread"),
  started_unix_ms: z.int(),
  duration_ms: count.nullable(),
  outcome: z.enum(TOOL_OUTCOMES),
  summary: textOrNull.describe("its most descriptive argument"),
  error: textOrNull,
  decision: textOrNull,
  decided_by: textOrNull,
});
export type ToolCall = z.infer<typeof ToolCall>;

/** Part of the table of routes. */
export const TOOL_ROUTES = {
  "GET /api/tools": {
    summary: "Calls, failures, durations and permission decisions of each tool, with a time series",
    query: ToolsQuery,
    data: Tools,
  },
  "GET /api/tools/groups": {
    summary: "Calls by MCP server, by skill, or runs by type of sub-agent",
    query: ToolGroupsQuery,
    data: ToolGroups,
  },
  "GET /api/tools/results": {
    summary: "Size of the recorded results of each tool",
    query: ToolsQuery,
    data: ToolResults,
  },
  "GET /api/tool-calls": {
    summary: "Tool calls with session, argument and error, newest first",
    query: ToolCallsQuery,
    data: z.array(ToolCall),
    paged: true,
  },
} as const;
