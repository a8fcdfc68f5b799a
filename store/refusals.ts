import { createEvent, type MetricEvent } from "../schema/event.ts";
import type { TelemetryExport } from "../schema/telemetry.ts";
import { vendorNamed } from "../schema/vendors.ts";

/**
 * The calls that an agent's telemetry reports as refused. A transcript or a hook may report them as well; the call's id
 * merges the reports.
 */
export function refusalsIn({ agent, records }: TelemetryExport): MetricEvent[] {
  if (!vendorNamed(agent)?.has_global_tool_ids) return [];
  return records.flatMap((r) => {
    if (r.kind !== "event" || r.name !== "tool_decision" || r.decision !== "reject") return [];
    if (r.session_id === "" || r.tool_use_id === "") return [];
    const base = {
      event_id: `${agent}:otlp:${r.tool_use_id}:tool_rejected`,
      source: agent,
      origin: "otlp",
      session_id: r.session_id,
      time_unix_ms: r.time_unix_ms,
      agent_id: r.agent_id || undefined,
      prompt_id: r.prompt_id || undefined,
      tool_name: r.tool_name || undefined,
      tool_use_id: r.tool_use_id,
    } as const;
    return [createEvent("tool_rejected", base, { ...(r.decided_by && { decided_by: r.decided_by }) })];
  });
}
