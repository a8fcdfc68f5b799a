import type { Tool } from "../../../schema/api-tools.ts";

export const SORTS = {
  calls: "Calls",
  failed: "Failed",
  rate: "Share failed",
  p50: "p50",
  p95: "p95",
  time: "Total time",
  cost: "Turns",
} as const;
export type Sort = keyof typeof SORTS;

/** Cost of the turns in which a tool was used; null = no price is known, absent = none had a request. */
export type Costs = ReadonlyMap<string, number | null>;

const VALUE: Record<Sort, (tool: Tool, costs: Costs) => number> = {
  calls: (t) => t.calls,
  failed: (t) => t.failed,
  rate: (t) => (t.calls === 0 ? 0 : t.failed / t.calls),
  p50: (t) => t.p50_ms ?? -1,
  p95: (t) => t.p95_ms ?? -1,
  time: (t) => t.duration_ms,
  cost: (t, costs) => costs.get(t.tool_name) ?? -1,
};

export const isSort = (name: string | undefined): name is Sort =>
  name !== undefined && Object.hasOwn(SORTS, name);

/** A server's tools under its name; percentiles of several tools cannot be summed. */
export type Group = { server: string; tools: Tool[]; calls: number; failed: number; duration_ms: number };
export type ToolLine = { kind: "tool"; tool: Tool; isInner: boolean } | { kind: "server"; group: Group };

export const shortTool = (tool: Tool): string =>
  tool.mcp_server === null ? tool.tool_name : tool.tool_name.slice(`mcp__${tool.mcp_server}__`.length);

/** Largest first; the tools of an MCP server follow their server at its place. */
export function toRows(tools: Tool[], sort: Sort, costs: Costs): ToolLine[] {
  const by = VALUE[sort];
  const sorted = tools.toSorted(
    (a, b) => by(b, costs) - by(a, costs) || b.calls - a.calls || (a.tool_name < b.tool_name ? -1 : 1),
  );
  const servers = Map.groupBy(sorted, (tool) => tool.mcp_server ?? "");
  const seen = new Set<string>();
  return sorted.flatMap((tool): ToolLine[] => {
    const server = tool.mcp_server;
    if (server === null) return [{ kind: "tool", tool, isInner: false }];
    if (seen.has(server)) return [];
    seen.add(server);
    const own = servers.get(server) ?? [];
    const sum = (of: (t: Tool) => number) => own.reduce((total, t) => total + of(t), 0);
    const group: Group = {
      server,
      tools: own,
      calls: sum((t) => t.calls),
      failed: sum((t) => t.failed),
      duration_ms: sum((t) => t.duration_ms),
    };
    return [
      { kind: "server", group },
      ...own.map((t): ToolLine => ({ kind: "tool", tool: t, isInner: true })),
    ];
  });
}
