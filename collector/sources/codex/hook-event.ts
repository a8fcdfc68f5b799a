import { DIGEST_FIELD } from "../../../hooks/redact/digest.ts";
import { createEvent, type EventBase, type MetricEvent } from "../../../schema/event.ts";
import { toData } from "../../../schema/events.ts";
import { toId } from "../../../schema/text.ts";
import { toBounded } from "../../hooks/bound.ts";
import type { HookEnvelope, Observations, VendorHooks } from "../../hooks/hook-event.ts";
import { type Meaning, mappingOf } from "../../hooks/mapping.ts";
import type { HookPayload } from "../../hooks/payload.ts";
import { promptDigest } from "../../redact/digest.ts";
import { codexObservations } from "./hook-observations.ts";
import { codexEvent } from "./identity.ts";

/** What of a payload names its thread, turn and call, as its rollout names them. */
export type CodexPlace = {
  /** The thread that it happened in; a sub-agent's is not its session's. */
  thread: string;
  /** The thread that a person talks to. */
  root: string;
  turn: string;
  call: string;
  tool_name: string;
};

const AGENT_EDGES = new Set(["agent_started", "agent_stopped"]);
/** Names that the hooks have for the tools that rollouts call otherwise. */
const TOOL_NAMES: Record<string, string> = { Bash: "exec_command" };

/** The event of a hook of Codex and what it shows; facts that the rollout has, too, have the rollout's names. */
function codexHook(
  hook: HookPayload,
  sent: Record<string, unknown>,
  { event_id, time_unix_ms }: HookEnvelope,
): { event: MetricEvent; observations: Observations } {
  const place = placeOf(hook, sent);
  const meaning = meaningOf(hook);
  const { event_type, added } = meaning;
  const isEdge = AGENT_EDGES.has(event_type);
  const own: Partial<EventBase> & { session_id: string } = {
    session_id: isEdge ? place.root : place.thread,
    ...(isEdge ? { agent_id: place.thread } : place.turn && { prompt_id: place.turn }),
    ...(place.tool_name && { tool_name: place.tool_name }),
    ...(place.call && { tool_use_id: place.call }),
  };
  const { hook_event_name, cwd } = hook;
  const named: Record<string, unknown> = { ...own, turn_id: own.prompt_id };
  const kept = Object.entries(sent).filter(([name, value]) => named[name] !== value && name !== DIGEST_FIELD);
  const event = createEvent(
    event_type,
    {
      event_id: nameOf(event_type, place, sent) ?? event_id,
      source: "codex",
      origin: "hook",
      time_unix_ms,
      ...own,
      ...(cwd && { project_path: cwd }),
    },
    toBounded(toData(event_type, { hook_event_name, ...Object.fromEntries(kept), ...added })),
  );
  return { event, observations: codexObservations(event, place, sent) };
}

function placeOf(
  { session_id, agent_id, tool_name, tool_use_id }: HookPayload,
  sent: Record<string, unknown>,
) {
  const text = (value: unknown) => (typeof value === "string" ? toId(value) : "");
  const name = tool_name?.replace(/^multi_agent_v\d+[._]*/, "") ?? "";
  return {
    thread: agent_id ?? (text(sent.thread_id) || session_id),
    root: session_id,
    turn: text(sent.turn_id),
    call: tool_use_id ?? "",
    tool_name: TOOL_NAMES[name] ?? name,
  } satisfies CodexPlace;
}

function meaningOf(hook: HookPayload): Meaning {
  if (hook.hook_event_name === "Interrupt") return { event_type: "turn_interrupted" };
  return mappingOf(hook.hook_event_name)?.(hook) ?? { event_type: "hook_other" };
}

/** Undefined for what no rollout reports, or reports without an id. */
function nameOf(type: MetricEvent["event_type"], at: CodexPlace, sent: Record<string, unknown>) {
  const { thread, turn, call } = at;
  if (type === "session_started" && (sent.source === "startup" || sent.source === "fork"))
    return codexEvent.sessionStarted(thread);
  if (type === "agent_started") return codexEvent.agentStarted(thread);
  if (call !== "" && type === "tool_started") return codexEvent.toolStarted(thread, call);
  if (call !== "" && type === "tool_completed") return codexEvent.toolEnded(thread, call);
  if (turn === "") return undefined;
  if (type === "prompt_submitted" && typeof sent.prompt === "string") {
    const digest = sent[DIGEST_FIELD];
    return codexEvent.promptSubmitted(
      thread,
      turn,
      typeof digest === "string" ? digest : promptDigest(sent.prompt),
    );
  }
  if (type === "turn_ended") return codexEvent.turnEnded(thread, turn);
  if (type === "turn_interrupted") return codexEvent.turnInterrupted(thread, turn);
  return type === "agent_stopped" ? codexEvent.agentStopped(thread, turn) : undefined;
}

export const codexHooks: VendorHooks = {
  transcript: /[\\/]rollout-[^\\/]+\.jsonl(\.zst)?$/,
  read: (hook, sent, _meaning, envelope) => codexHook(hook, sent, envelope),
};
