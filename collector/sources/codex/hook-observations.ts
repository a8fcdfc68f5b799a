import type { MetricEvent } from "../../../schema/event.ts";
import { cutText, toId } from "../../../schema/text.ts";
import { flagBit } from "../../../schema/usage.ts";
import type { RequestObservation } from "../../../store/batch.ts";
import type { Observations } from "../../hooks/define-hooks.ts";
import { agentEdge } from "../../hooks/observations.ts";
import { summaryOf } from "../tool-summary.ts";
import type { CodexPlace } from "./hook-event.ts";
import type { CodexPayload } from "./hook-payload.ts";
import { codexToolKey } from "./identity.ts";
import { toUsage } from "./usage.ts";

const PROMPT_CHARS = 500;

/** Observations of a Codex hook about thread, turn, call, sub-agent and response: the same rows as from its rollout. */
export function codexObservations(e: MetricEvent, at: CodexPlace, hook: CodexPayload): Observations {
  const found: Observations = { sessions: [], tool_calls: [], agents: [], turns: [], requests: [] };
  const { thread, turn } = at;
  const time = e.time_unix_ms;
  const of = { source: "codex", session_id: thread } as const;
  const ofTurn = { ...of, prompt_id: turn };
  switch (e.event_type) {
    case "session_ended": {
      const end = { time_unix_ms: time, ended_unix_ms: time };
      const { reason } = e.data;
      found.sessions.push(reason ? { ...of, ...end, end_reason: reason } : { ...of, ...end });
      break;
    }
    case "prompt_submitted": {
      const prompt = cutText(e.data.prompt ?? "", PROMPT_CHARS);
      if (turn) found.turns.push({ ...ofTurn, started_unix_ms: time, ...(prompt && { prompt }) });
      break;
    }
    case "turn_ended":
    case "turn_interrupted":
      if (turn) found.turns.push({ ...ofTurn, ended_unix_ms: time });
      break;
    // A compaction requested by a person is a separate turn, which ends without a Stop.
    case "compaction_completed":
      if (turn && hook.trigger === "manual") found.turns.push({ ...ofTurn, ended_unix_ms: time });
      break;
    case "tool_started":
    case "tool_completed":
      putCall(found, e, at, hook);
      break;
    case "agent_started":
    case "agent_stopped":
      found.agents.push(agentEdge(e, at.thread));
      if (e.event_type === "agent_stopped" && turn) found.turns.push({ ...ofTurn, ended_unix_ms: time });
      break;
    case "hook_other": {
      const request = hook.hook_event_name === "PostModelRequest" ? toRequest(at, hook, time) : undefined;
      if (request) found.requests.push(request);
      break;
    }
  }
  return found;
}

/**
 * The outcome of a call is only in the rollout: the hook of its end has no exit code, and its `completed` yields in the
 * row.
 */
function putCall(
  found: Observations,
  { event_type, time_unix_ms }: MetricEvent,
  { thread, turn, call, tool_name }: CodexPlace,
  { tool_input }: CodexPayload,
): void {
  if (call === "") return;
  const summary = summaryOf(tool_input);
  found.tool_calls.push({
    tool_key: codexToolKey(thread, call),
    source: "codex",
    session_id: thread,
    agent_id: "",
    tool_use_id: call,
    ...(tool_name && { tool_name }),
    ...(turn && { prompt_id: turn }),
    ...(summary && { summary }),
    ...(event_type === "tool_started"
      ? { outcome: "running", started_unix_ms: time_unix_ms }
      : { outcome: "completed", ended_unix_ms: time_unix_ms }),
  });
}

/** Nothing for a response that did not complete, and for clients before 0.171, which gave no id to join by. */
function toRequest(
  { thread, turn }: CodexPlace,
  { token_usage, response_id: sent_id, model }: CodexPayload,
  time_unix_ms: number,
): RequestObservation | undefined {
  if (!token_usage || !sent_id) return undefined;
  const response_id = toId(sent_id);
  const counted = toUsage(token_usage, 0);
  return {
    request_key: `codex:${response_id}`,
    source: "codex",
    session_id: thread,
    agent_id: "",
    is_sidechain: false,
    response_id,
    provider_request_id: "",
    time_unix_ms,
    model: toId(model ?? ""),
    usage: counted.usage,
    service_tier: "",
    speed: "",
    inference_geo: "",
    flags: counted.flags | flagBit("speed_unknown"),
    is_final: true,
    offset: 0,
    ...(turn && { prompt_id: turn }),
  };
}
