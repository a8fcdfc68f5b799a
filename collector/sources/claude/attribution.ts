import { isCount } from "../../../schema/count.ts";
import type { Attribution } from "../../../store/batch.ts";
import { idOf, type TranscriptLine } from "./lines.ts";

export const ATTRIBUTION_KEYS = [
  "effort",
  "attributionSkill",
  "attributionPlugin",
  "attributionAgent",
  "attributionMcpServer",
  "attributionMcpTool",
] as const satisfies (keyof TranscriptLine)[];

/** The client's data about a response; not all of its lines have it, and the thinking time is only on the last one. */
export function attribute(request: Attribution, line: TranscriptLine): void {
  request.effort ??= wordOf(line.effort);
  request.skill ??= wordOf(line.attributionSkill);
  request.plugin ??= wordOf(line.attributionPlugin);
  request.agent_type ??= wordOf(line.attributionAgent);
  request.mcp_server ??= wordOf(line.attributionMcpServer);
  request.mcp_tool ??= wordOf(line.attributionMcpTool);
  if (isCount(line.thinkingDurationMs))
    request.thinking_ms = Math.max(request.thinking_ms ?? 0, line.thinkingDurationMs);
  const diagnostics = line.message?.diagnostics;
  if (typeof diagnostics === "object" && diagnostics !== null)
    readMiss(request, (diagnostics as { cache_miss_reason?: unknown }).cache_miss_reason);
}

function readMiss(request: Attribution, miss: unknown): void {
  if (typeof miss !== "object" || miss === null) return;
  const { type, cache_missed_input_tokens: tokens } = miss as Record<string, unknown>;
  request.cache_miss_reason ??= wordOf(type);
  if (isCount(tokens)) request.cache_missed_input_tokens ??= tokens;
}

function wordOf(value: unknown): string | undefined {
  return value === undefined ? undefined : idOf(value) || undefined;
}
