import * as z from "zod";
import { range, sessionId, text, whereAccount } from "./api-params.ts";
import defer * as tools from "./api-tools.ts";
import { page } from "./paging.ts";
import { TOOL_OUTCOMES } from "./row-values.ts";

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

/** Part of the table of routes. */
export const TOOL_ROUTES = {
  "GET /api/tools": {
    summary: "Calls, failures, durations and permission decisions of each tool, with a time series",
    query: ToolsQuery,
    data: z.lazy(() => tools.Tools),
  },
  "GET /api/tools/groups": {
    summary: "Calls by MCP server, by skill, or runs by type of sub-agent",
    query: ToolGroupsQuery,
    data: z.lazy(() => tools.ToolGroups),
  },
  "GET /api/tools/results": {
    summary: "Size of the recorded results of each tool",
    query: ToolsQuery,
    data: z.lazy(() => tools.ToolResults),
  },
  "GET /api/tool-calls": {
    summary: "Tool calls with session, argument and error, newest first",
    query: ToolCallsQuery,
    data: z.lazy(() => z.array(tools.ToolCall)),
    paged: true,
  },
} as const;
