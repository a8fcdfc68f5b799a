import * as z from "zod";
import { SOURCES } from "./events.ts";
import { TOOL_OUTCOMES } from "./row-values.ts";

const count = z.int().nonnegative();
const textOrNull = z.string().nullable();
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

export const ToolGroups = z.object({
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

export const ToolResults = z.object({
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
