import { DIGEST_FIELD } from "../../../hooks/redact/digest.ts";
import { createEvent, type EventBase, type MetricEvent } from "../../../schema/event.ts";
import { toData } from "../../../schema/events.ts";
import { toId } from "../../../schema/text.ts";
import { toBounded } from "../../hooks/bound.ts";
import { defineHooks, type HookEnvelope, type HookFacts } from "../../hooks/define-hooks.ts";
import type { Meaning } from "../../hooks/mapping.ts";
import type { SentFields } from "../../hooks/payload.ts";
import { promptDigest } from "../../redact/digest.ts";
import { codexObservations } from "./hook-observations.ts";
import { CODEX_PAYLOAD, type CodexPayload } from "./hook-payload.ts";
import { codexEvent } from "./identity.ts";

/** The ids of a payload's thread, turn and call, as in its rollout. */
export type CodexPlace = {
  /** The thread of the event; a sub-agent's differs from its session's. */
  thread: string;
  /** The thread of the conversation with a person. */
  root: string;
  turn: string;
  call: string;
  tool_name: string;
};

/** No hook of another agent reports it. */
const INTERRUPTED: Meaning = { event_type: "turn_interrupted" };
const AGENT_EDGES = new Set(["agent_started", "agent_stopped"]);
/** Hook names of tools that have another name in rollouts. */
const TOOL_NAMES: Record<string, string> = { Bash: "exec_command" };

/** The event of a Codex hook and its observations; facts that are also in the rollout have the rollout's names. */
function codexHook(
  hook: CodexPayload,
  sent: SentFields,
  { event_type, added }: Meaning,
  { event_id, time_unix_ms }: HookEnvelope,
): HookFacts {
  const place = placeOf(hook);
  const isEdge = AGENT_EDGES.has(event_type);
  const own: Partial<EventBase> & { session_id: string } = {
    session_id: isEdge ? place.root : place.thread,
    ...(isEdge ? { agent_id: place.thread } : place.turn && { prompt_id: place.turn }),
    ...(place.tool_name && { tool_name: place.tool_name }),
    ...(place.call && { tool_use_id: place.call }),
  };
  const { hook_event_name, cwd } = hook;
  const named: Record<string, unknown> = { ...own, turn_id: own.prompt_id };
  const kept = sent.filter(([name, value]) => named[name] !== value && name !== DIGEST_FIELD);
  const event = createEvent(
    event_type,
    {
      event_id: nameOf(event_type, place, hook) ?? event_id,
      source: "codex",
      origin: "hook",
      time_unix_ms,
      ...own,
      ...(cwd && { project_path: cwd }),
    },
    toBounded(toData(event_type, { hook_event_name, ...Object.fromEntries(kept), ...added })),
  );
  return { event, observations: codexObservations(event, place, hook) };
}

function placeOf({
  session_id,
  thread_id = "",
  turn_id = "",
  agent_id,
  tool_name,
  tool_use_id,
}: CodexPayload): CodexPlace {
  const name = tool_name?.replace(/^multi_agent_v\d+[._]*/, "") ?? "";
  return {
    thread: agent_id ?? (toId(thread_id) || session_id),
    root: session_id,
    turn: toId(turn_id),
    call: tool_use_id ?? "",
    tool_name: TOOL_NAMES[name] ?? name,
  };
}

/** Undefined for events that no rollout reports, or reports without an id. */
function nameOf(type: MetricEvent["event_type"], at: CodexPlace, hook: CodexPayload) {
  const { thread, turn, call } = at;
  if (type === "session_started" && (hook.source === "startup" || hook.source === "fork"))
    return codexEvent.sessionStarted(thread);
  if (type === "agent_started") return codexEvent.agentStarted(thread);
  if (call !== "" && type === "tool_started") return codexEvent.toolStarted(thread, call);
  if (call !== "" && type === "tool_completed") return codexEvent.toolEnded(thread, call);
  if (turn === "") return undefined;
  if (type === "prompt_submitted" && hook.prompt !== undefined)
    return codexEvent.promptSubmitted(thread, turn, hook[DIGEST_FIELD] ?? promptDigest(hook.prompt));
  if (type === "turn_ended") return codexEvent.turnEnded(thread, turn);
  if (type === "turn_interrupted") return codexEvent.turnInterrupted(thread, turn);
  return type === "agent_stopped" ? codexEvent.agentStopped(thread, turn) : undefined;
}

export const codexHooks = defineHooks({
  transcript: /[\\/]rollout-[^\\/]+\.jsonl(\.zst)?$/,
  payload: CODEX_PAYLOAD,
  read: (hook, sent, meaning, envelope) =>
    codexHook(hook, sent, hook.hook_event_name === "Interrupt" ? INTERRUPTED : meaning, envelope),
});
