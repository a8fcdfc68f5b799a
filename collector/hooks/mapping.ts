import type { DataOf, EventType } from "../../schema/event-catalogue.ts";
import type { CORE_HOOK_EVENTS } from "../../schema/names.ts";
import { toPreview } from "./bound.ts";
import type { HookPayload } from "./payload.ts";

/** Event type of a payload; `added` goes into the event's data in addition to the payload's own fields. */
export type Meaning = {
  [Type in EventType]: {
    event_type: Type;
    added?: Partial<DataOf<Type>>;
    /** An internal helper that reports as an agent. */
    is_no_agent?: true;
  };
}[EventType];
type Mapping = (hook: HookPayload) => Meaning;

const MAPPINGS = {
  /**
   * A start does not prove a new session (resume, compaction), and a forked one on 2.1.197 never gets a start: a
   * session is created by any of its events.
   */
  SessionStart: () => ({ event_type: "session_started" }),
  SessionEnd: () => ({ event_type: "session_ended" }),
  UserPromptSubmit: () => ({ event_type: "prompt_submitted" }),
  Stop: () => ({ event_type: "turn_ended" }),
  /** Sent instead of Stop if the model could not be reached; `error` contains the reason. */
  StopFailure: () => ({ event_type: "turn_ended" }),
  PreToolUse: () => ({ event_type: "tool_started" }),
  PostToolUse: ({ tool_response }) => {
    const { bytes, preview } = toPreview(tool_response);
    return {
      event_type: "tool_completed",
      added: { response_type: typeOf(tool_response), response_bytes: bytes, response_preview: preview },
    };
  },
  /** `is_interrupt` distinguishes a failure from Esc, if the client sends it. */
  PostToolUseFailure: () => ({ event_type: "tool_failed" }),
  /** A denial by the auto-mode classifier; a denial by a person runs no hook and is only in the transcript. */
  PermissionDenied: () => ({ event_type: "tool_rejected" }),
  SubagentStart: () => ({ event_type: "agent_started" }),
  /** Compaction stops an agent that never started: no type, and a transcript path that does not exist. */
  SubagentStop: ({ agent_type }) =>
    agent_type === "" ? { event_type: "hook_other", is_no_agent: true } : { event_type: "agent_stopped" },
  Notification: () => ({ event_type: "notification" }),
  PreCompact: () => ({ event_type: "compaction_started" }),
  PostCompact: () => ({ event_type: "compaction_completed" }),
  /** Only the question. It has no `tool_use_id`, and no hook reports the answer. */
  PermissionRequest: ({ permission_suggestions }) => {
    const suggestion_count = Array.isArray(permission_suggestions) ? permission_suggestions.length : 0;
    return {
      event_type: "permission_requested",
      added: { has_suggestions: suggestion_count > 0, suggestion_count },
    };
  },
} satisfies Record<(typeof CORE_HOOK_EVENTS)[number], Mapping> & Record<string, Mapping>;

/** Undefined for an unknown name. */
export function mappingOf(hook_event_name: unknown): Mapping | undefined {
  return typeof hook_event_name === "string" && Object.hasOwn(MAPPINGS, hook_event_name)
    ? MAPPINGS[hook_event_name as keyof typeof MAPPINGS]
    : undefined;
}

/** Each tool has its own result shape: an object, a list of content blocks (MCP) or plain text. */
function typeOf(value: unknown): string {
  if (value === undefined) return "none";
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
