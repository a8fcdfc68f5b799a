import * as z from "zod";
import type { FileBatch, RejectReason } from "../../schema/batch.ts";
import { createEvent, type MetricEvent } from "../../schema/event.ts";
import { toData } from "../../schema/events.ts";
import type { HookAgent } from "../../schema/names.ts";
import { toBounded } from "./bound.ts";
import { codexHook } from "./codex-event.ts";
import { type Meaning, mappingOf } from "./mapping.ts";
import { observationsOf } from "./observations.ts";
import { HookPayload, UnknownPayload } from "./payload.ts";

export type Observations = Pick<FileBatch, "sessions" | "tool_calls" | "agents" | "turns" | "requests">;
export type ParsedHook =
  | { ok: true; event: MetricEvent; observations: Observations }
  | { ok: false; reason: RejectReason; detail: string };
/** Identity, time and agent as the hook process stamped them; payloads carry none of these. */
export type HookEnvelope = { event_id: string; time_unix_ms: number; agent: HookAgent };

/** What Codex calls a transcript. */
const ROLLOUT = /[\\/]rollout-[^\\/]+\.jsonl(\.zst)?$/;

/** These have a field of their own on the event and are not repeated in `data`. */
const OWN_FIELDS = ["session_id", "prompt_id", "agent_id", "tool_name", "tool_use_id"] as const;

/**
 * The event of a hook payload, and what it shows of session, turn, tool call and sub-agent. Never throws; the
 * payload's own fields are kept, bounded, in `data`.
 */
export function parseHook(payload: unknown, envelope: HookEnvelope): ParsedHook {
  const mapping = mappingOf((payload as { hook_event_name?: unknown } | null | undefined)?.hook_event_name);
  const parsed = (mapping ? HookPayload : UnknownPayload).safeParse(payload);
  if (!parsed.success)
    return { ok: false, reason: "unknown_shape", detail: z.prettifyError(parsed.error).slice(0, 200) };
  const hook = parsed.data;
  const meaning = mapping?.(hook) ?? { event_type: "hook_other" };
  const sent = payload as Record<string, unknown>;
  if (agentOf(sent, envelope) === "codex") return { ok: true, ...codexHook(hook, sent, envelope) };
  const event = toEvent(hook, sent, meaning, envelope);
  return { ok: true, event, observations: observationsOf(event) };
}

/** Codex runs hooks that were written for Claude Code, too; its threads are no sessions of Claude's. */
function agentOf(sent: Record<string, unknown>, { agent }: HookEnvelope): HookAgent {
  const path = sent.transcript_path;
  return typeof path === "string" && ROLLOUT.test(path) ? "codex" : agent;
}

function toEvent(
  hook: HookPayload,
  sent: Record<string, unknown>,
  { event_type, added, is_no_agent }: Meaning,
  envelope: HookEnvelope,
): MetricEvent {
  const { hook_event_name, session_id, cwd, prompt_id, agent_id, tool_name, tool_use_id } = hook;
  const own: Partial<Record<(typeof OWN_FIELDS)[number], string>> = {
    session_id,
    ...(prompt_id && { prompt_id }),
    ...(agent_id && !is_no_agent && { agent_id }),
    ...(tool_name && { tool_name }),
    ...(tool_use_id && { tool_use_id }),
  };
  const kept = Object.entries(sent).filter(([name, value]) => own[name as keyof typeof own] !== value);
  // The name comes first, since a payload of very many fields loses its last ones.
  const fields = { hook_event_name, ...Object.fromEntries(kept), ...added };
  return createEvent(
    event_type,
    {
      event_id: envelope.event_id,
      source: "claude",
      origin: "hook",
      time_unix_ms: envelope.time_unix_ms,
      ...own,
      session_id,
      ...(cwd && { project_path: cwd }),
    },
    toBounded(toData(event_type, fields)),
  );
}
