import * as z from "zod";
import type { RejectReason } from "../../schema/batch.ts";
import { EVENT_TYPES, type MetricEvent } from "../../schema/events.ts";
import type { CORE_HOOK_EVENTS, HookAgent } from "../../schema/names.ts";
import { toBounded } from "./bound.ts";
import { type Fact, type Handler, HookPayload, UnknownPayload } from "./payload.ts";
import { sessionHandlers } from "./session.ts";
import { subagentHandlers } from "./subagent.ts";
import { otherHandler, systemHandlers } from "./system.ts";
import { toolHandlers } from "./tool.ts";
import { userHandlers } from "./user.ts";

export type HandledHook =
  | { ok: true; event: MetricEvent }
  | { ok: false; reason: RejectReason; detail: string };
/** Identity, time and agent as the hook process stamped them; payloads carry none of these. */
export type HookEnvelope = { event_id: string; time_unix_ms: number; agent: HookAgent };

const HANDLERS = {
  ...sessionHandlers,
  ...userHandlers,
  ...toolHandlers,
  ...subagentHandlers,
  ...systemHandlers,
} satisfies Record<(typeof CORE_HOOK_EVENTS)[number], Handler>;

/** What Codex calls a transcript. */
const ROLLOUT = /[\\/]rollout-[^\\/]+\.jsonl(\.zst)?$/;

/** These have a field of their own on the event and are not repeated in `data`. */
const OWN_FIELDS = ["session_id", "prompt_id", "agent_id", "tool_name", "tool_use_id"] as const;

/** What a hook payload means. Never throws; the payload's own fields are kept, bounded, in `data`. */
export function handle(payload: unknown, envelope: HookEnvelope): HandledHook {
  const handler = handlerOf(payload);
  const parsed = (handler ? HookPayload : UnknownPayload).safeParse(payload);
  if (!parsed.success)
    return { ok: false, reason: "unknown_shape", detail: z.prettifyError(parsed.error).slice(0, 200) };
  const hook = parsed.data;
  const fact = (handler ?? otherHandler)(hook);
  return { ok: true, event: toEvent(hook, payload as Record<string, unknown>, fact, envelope) };
}

function handlerOf(payload: unknown): Handler | undefined {
  const name = (payload as { hook_event_name?: unknown } | null | undefined)?.hook_event_name;
  return typeof name === "string" && Object.hasOwn(HANDLERS, name)
    ? HANDLERS[name as keyof typeof HANDLERS]
    : undefined;
}

/** Codex runs hooks that were written for Claude Code, too; its threads are no sessions of Claude's. */
function agentOf(sent: Record<string, unknown>, { agent }: HookEnvelope): HookAgent {
  const path = sent.transcript_path;
  return typeof path === "string" && ROLLOUT.test(path) ? "codex" : agent;
}

function toEvent(
  hook: HookPayload,
  sent: Record<string, unknown>,
  fact: Fact,
  envelope: HookEnvelope,
): MetricEvent {
  const { hook_event_name, session_id, cwd, prompt_id, agent_id, tool_name, tool_use_id } = hook;
  const own: Partial<Record<(typeof OWN_FIELDS)[number], string>> = {
    session_id,
    ...(prompt_id && { prompt_id }),
    ...(agent_id && !fact.is_no_agent && { agent_id }),
    ...(tool_name && { tool_name }),
    ...(tool_use_id && { tool_use_id }),
  };
  const kept = Object.entries(sent).filter(([name, value]) => own[name as keyof typeof own] !== value);
  return {
    event_id: envelope.event_id,
    event_type: fact.event_type,
    event_category: EVENT_TYPES[fact.event_type],
    source: agentOf(sent, envelope),
    origin: "hook",
    time_unix_ms: envelope.time_unix_ms,
    ...own,
    session_id,
    ...(cwd && { project_path: cwd }),
    // The name comes first, since a payload of very many fields loses its last ones.
    data: toBounded({ hook_event_name, ...Object.fromEntries(kept), ...fact.data }),
  };
}
