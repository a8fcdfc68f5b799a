import type { FileBatch, ToolCallObservation } from "../schema/batch.ts";
import type { MetricEvent } from "../schema/events.ts";
import { cutText } from "../schema/text.ts";
import { summaryOf } from "./sources/claude/lines.ts";

/** What a hook event says about its session, turn, tool call or sub-agent: it joins what the transcript says. */
export function deriveFromHook(
  e: MetricEvent,
  into: Pick<FileBatch, "sessions" | "tool_calls" | "agents" | "turns">,
): void {
  if (!e.session_id || e.data.hook_event_name === "InstructionsLoaded") return;
  const at = { source: e.source, session_id: e.session_id, time_unix_ms: e.time_unix_ms };
  const of = { source: e.source, session_id: e.session_id };
  switch (e.event_type) {
    case "session_started":
      into.sessions.push({
        ...at,
        ...optional({ title: text(e.data.session_title), transcript_path: text(e.data.transcript_path) }),
      });
      return;
    case "session_ended":
      into.sessions.push({
        ...at,
        ended_unix_ms: e.time_unix_ms,
        ...optional({ end_reason: text(e.data.reason) }),
      });
      return;
    case "prompt_submitted":
      if (!e.prompt_id) return;
      into.turns.push({
        ...of,
        prompt_id: e.prompt_id,
        started_unix_ms: e.time_unix_ms,
        ...optional({ prompt: cut(e.data.prompt) }),
      });
      return;
    case "turn_ended":
      if (e.prompt_id) into.turns.push({ ...of, prompt_id: e.prompt_id, ended_unix_ms: e.time_unix_ms });
      return;
    case "tool_started":
    case "tool_completed":
    case "tool_failed":
    case "tool_rejected":
      if (e.tool_use_id) into.tool_calls.push(toolCall(e, e.tool_use_id));
      return;
    case "agent_started":
    case "agent_stopped":
      if (!e.agent_id) return;
      into.agents.push({
        ...of,
        agent_id: e.agent_id,
        ...optional({ agent_type: text(e.data.agent_type) }),
        ...(e.event_type === "agent_started"
          ? { started_unix_ms: e.time_unix_ms }
          : { ended_unix_ms: e.time_unix_ms }),
      });
      return;
    default:
      return;
  }
}

function toolCall(e: MetricEvent, tool_use_id: string): ToolCallObservation {
  const call: ToolCallObservation = {
    tool_key: `${e.source}:${tool_use_id}`,
    source: e.source,
    session_id: e.session_id,
    agent_id: e.agent_id ?? "",
    tool_use_id,
    ...optional({
      tool_name: e.tool_name,
      prompt_id: e.prompt_id,
      summary: summaryOf(e.data.tool_input) || undefined,
    }),
  };
  if (e.event_type === "tool_started")
    return { ...call, outcome: "running", started_unix_ms: e.time_unix_ms };
  const measured = e.data.duration_ms;
  return {
    ...call,
    ended_unix_ms: e.time_unix_ms,
    ...(typeof measured === "number" && measured >= 0 && { duration_ms: Math.round(measured) }),
    outcome: outcomeOf(e),
    ...optional({ error: cut(e.data.error) }),
  };
}

function outcomeOf(e: MetricEvent): "completed" | "failed" | "interrupted" | "rejected" {
  if (e.event_type === "tool_completed") return "completed";
  if (e.event_type === "tool_rejected") return "rejected";
  return e.data.is_interrupt === true ? "interrupted" : "failed";
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function cut(value: unknown): string | undefined {
  const said = text(value);
  return said && cutText(said, 500);
}

function optional<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
