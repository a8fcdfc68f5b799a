import { createEvent, type MetricEvent } from "../../../schema/event.ts";
import { toData } from "../../../schema/events.ts";
import { toBounded } from "../../hooks/bound.ts";
import { defineHooks, type HookEnvelope } from "../../hooks/define-hooks.ts";
import type { Meaning } from "../../hooks/mapping.ts";
import { observationsOf } from "../../hooks/observations.ts";
import { type HookPayload, payloadWith, type SentFields } from "../../hooks/payload.ts";

/** These have a field of their own on the event and are not repeated in `data`. */
const OWN_FIELDS = ["session_id", "prompt_id", "agent_id", "tool_name", "tool_use_id"] as const;

export const claudeHooks = defineHooks({
  transcript: null,
  payload: payloadWith({}),
  read(hook, sent, meaning, envelope) {
    const event = toEvent(hook, sent, meaning, envelope);
    return { event, observations: observationsOf(event) };
  },
});

function toEvent(
  hook: HookPayload,
  sent: SentFields,
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
  const kept = sent.filter(([name, value]) => own[name as keyof typeof own] !== value);
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
