import * as z from "zod";
import type { FileBatch, RejectReason } from "../../schema/batch.ts";
import type { MetricEvent } from "../../schema/event.ts";
import { HOOK_AGENTS, type HookAgent } from "../../schema/names.ts";
import { type Meaning, mappingOf } from "./mapping.ts";
import { HookPayload, UnknownPayload } from "./payload.ts";
import { VENDOR_HOOKS } from "./vendors.ts";

export type Observations = Pick<FileBatch, "sessions" | "tool_calls" | "agents" | "turns" | "requests">;
export type ParsedHook =
  | { ok: true; event: MetricEvent; observations: Observations }
  | { ok: false; reason: RejectReason; detail: string };
/** Identity, time and agent as the hook process stamped them; payloads carry none of these. */
export type HookEnvelope = { event_id: string; time_unix_ms: number; agent: HookAgent };

/** What the hooks of an agent mean. */
export type VendorHooks = {
  /** The path of a transcript that is this agent's alone, whichever hooks it runs; null where no path shows it. */
  transcript: RegExp | null;
  read(
    hook: HookPayload,
    sent: Record<string, unknown>,
    meaning: Meaning,
    envelope: HookEnvelope,
  ): { event: MetricEvent; observations: Observations };
};

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
  return { ok: true, ...VENDOR_HOOKS[agentOf(sent, envelope)].read(hook, sent, meaning, envelope) };
}

/** An agent may run the hooks of another one, too: a transcript of its own then shows which it is. */
function agentOf(sent: Record<string, unknown>, { agent }: HookEnvelope): HookAgent {
  const path = sent.transcript_path;
  if (typeof path !== "string") return agent;
  return HOOK_AGENTS.find((name) => VENDOR_HOOKS[name].transcript?.test(path)) ?? agent;
}
