import type { EventOf, MetricEvent } from "../../schema/event.ts";
import { toDurationMs } from "../../schema/gate.ts";
import { isCommandText } from "../../schema/prompts.ts";
import { cutText } from "../../schema/text.ts";
import type { AgentObservation, ToolCallObservation } from "../../store/batch.ts";
import { summaryOf } from "../sources/tool-summary.ts";
import type { Observations } from "./define-hooks.ts";

const TITLE_CHARS = 200;
type ToolEvent = EventOf<"tool_started" | "tool_completed" | "tool_failed" | "tool_rejected">;

/**
 * Observations of a hook event about its session, turn, tool call or sub-agent; they are merged with those of the
 * transcript.
 */
export function observationsOf(e: MetricEvent): Observations {
  const found: Observations = { sessions: [], tool_calls: [], agents: [], turns: [], requests: [] };
  if (!e.session_id) return found;
  const of = { source: e.source, session_id: e.session_id };
  switch (e.event_type) {
    case "session_started":
      found.sessions.push({
        ...of,
        time_unix_ms: e.time_unix_ms,
        ...titled(e.data.session_title),
        ...fileOf(e),
      });
      break;
    case "session_ended": {
      const { reason } = e.data;
      const time_unix_ms = e.time_unix_ms;
      const end = { time_unix_ms, ended_unix_ms: time_unix_ms, ...(reason && { end_reason: reason }) };
      found.sessions.push({ ...of, ...end });
      break;
    }
    case "prompt_submitted":
      addPrompt(found, e);
      break;
    case "turn_ended":
      if (e.prompt_id) found.turns.push({ ...of, prompt_id: e.prompt_id, ended_unix_ms: e.time_unix_ms });
      break;
    case "tool_started":
    case "tool_completed":
    case "tool_failed":
    case "tool_rejected":
      if (e.tool_use_id) found.tool_calls.push(toolCall(e, e.tool_use_id));
      break;
    case "agent_started":
    case "agent_stopped":
      if (e.agent_id) found.agents.push(agentEdge(e, e.agent_id));
      break;
  }
  return found;
}

const fileOf = ({ data: { transcript_path } }: EventOf<"session_started">) =>
  transcript_path ? { transcript_path } : {};

function addPrompt(found: Observations, e: EventOf<"prompt_submitted">): void {
  const { source, session_id, prompt_id, data } = e;
  const { title } = titled(data.session_title);
  if (title) found.sessions.push({ source, session_id, title });
  if (!prompt_id || isCommandText(data.prompt ?? "")) return;
  const prompt = data.prompt && cutText(data.prompt, 500);
  const turn = { source, session_id, prompt_id, started_unix_ms: e.time_unix_ms };
  found.turns.push(prompt ? { ...turn, prompt } : turn);
}

/** The beginning or the end of a sub-agent. */
export function agentEdge(e: EventOf<"agent_started" | "agent_stopped">, agent_id: string): AgentObservation {
  const { source, session_id, time_unix_ms, data } = e;
  const edge = e.event_type === "agent_started" ? "started_unix_ms" : "ended_unix_ms";
  const type = data.agent_type ? { agent_type: data.agent_type } : {};
  return { source, session_id, agent_id, ...type, [edge]: time_unix_ms };
}

function toolCall(e: ToolEvent, tool_use_id: string): ToolCallObservation {
  const summary = summaryOf(e.data.tool_input);
  const call: ToolCallObservation = {
    tool_key: `${e.source}:${tool_use_id}`,
    source: e.source,
    session_id: e.session_id,
    agent_id: e.agent_id ?? "",
    tool_use_id,
    ...(e.tool_name && { tool_name: e.tool_name }),
    ...(e.prompt_id && { prompt_id: e.prompt_id }),
    ...(summary && { summary }),
  };
  if (e.event_type === "tool_started")
    return { ...call, outcome: "running", started_unix_ms: e.time_unix_ms };
  const measured = e.event_type === "tool_rejected" ? undefined : toDurationMs(e.data.duration_ms);
  const error = e.event_type === "tool_failed" && e.data.error ? cutText(e.data.error, 500) : undefined;
  return {
    ...call,
    ended_unix_ms: e.time_unix_ms,
    ...(measured !== undefined && { duration_ms: measured }),
    outcome: outcomeOf(e),
    ...(error && { error }),
  };
}

function outcomeOf(e: ToolEvent): "completed" | "failed" | "interrupted" | "rejected" {
  if (e.event_type === "tool_completed") return "completed";
  if (e.event_type === "tool_rejected") return "rejected";
  return e.event_type === "tool_failed" && e.data.is_interrupt === true ? "interrupted" : "failed";
}

const titled = (title: string | undefined) =>
  title && !isCommandText(title) ? { title: cutText(title, TITLE_CHARS) } : {};
