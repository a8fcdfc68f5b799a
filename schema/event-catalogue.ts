/**
 * Every event: its category, what it means, and the fields of its `data`. The types, the tables of the documents, the
 * schemas of API and streams and the one-line descriptions derive from here. Loads no zod.
 */

import type * as zod from "zod";
import { alertNoticeFields } from "./alert-shapes.ts";
import { CAPTURE_MODES } from "./capture.ts";
import * as f from "./event-shapes.ts";
import { VENDOR_NAMES } from "./vendors.ts";

/** A category decides which `event:` of a stream carries its events. */
export const CATEGORIES = {
  session: { stream: "metric" },
  user: { stream: "metric" },
  tool: { stream: "metric" },
  api: { stream: "metric" },
  limit: { stream: "rate_limit" },
  plan: { stream: "plan" },
  custom: { stream: "metric" },
} as const;
export type EventCategory = keyof typeof CATEGORIES;
export type StreamName = (typeof CATEGORIES)[EventCategory]["stream"];
/** Every `event:` of a stream with an event as its `data:`. */
export const STREAM_NAMES: ReadonlySet<string> = new Set(Object.values(CATEGORIES).map((c) => c.stream));
export const EVENT_CATEGORIES = Object.keys(CATEGORIES) as [EventCategory, ...EventCategory[]];

type Definition = { category: EventCategory; what: string; data: (z: f.Zod) => zod.ZodObject };

/** An undeclared field in a payload is not an error, but no code can read it. */
const defineEvent = <const D extends Definition>(definition: D): D => definition;

export const EVENTS = {
  session_started: defineEvent({
    category: "session",
    what: "A session started, or was resumed, forked, cleared or compacted",
    data: (z) =>
      z.object({
        ...f.hookFields(z),
        source: z.string().optional().describe("startup, resume, clear, compact or fork"),
        model: z.string().optional(),
        session_title: z.string().optional(),
      }),
  }),
  session_ended: defineEvent({
    category: "session",
    what: "A session ended",
    data: (z) => z.object({ ...f.hookFields(z), reason: z.string().optional() }),
  }),
  prompt_submitted: defineEvent({
    category: "user",
    what: "A prompt was submitted",
    data: (z) =>
      z.object({
        ...f.hookFields(z),
        prompt: z.string().optional(),
        session_title: z.string().optional().describe("what the session is called when it is sent"),
      }),
  }),
  turn_ended: defineEvent({
    category: "user",
    what: "The agent finished its turn, or could not reach the model (`error`)",
    data: (z) =>
      z.object({
        ...f.hookFields(z),
        error: z.string().optional(),
        last_assistant_message: z.string().optional(),
      }),
  }),
  tool_started: defineEvent({
    category: "tool",
    what: "A tool call is about to run",
    data: (z) => z.object(f.toolFields(z)),
  }),
  tool_completed: defineEvent({
    category: "tool",
    what: "A tool call completed",
    data: (z) =>
      z.object({
        ...f.toolFields(z),
        duration_ms: z.number().optional().describe("without permission and hook time"),
        tool_response: z.unknown().optional().describe("in the tool's own shape"),
        response_type: z.string().optional(),
        response_bytes: z.number().optional(),
        response_preview: z.string().optional(),
      }),
  }),
  tool_failed: defineEvent({
    category: "tool",
    what: "A tool call failed or was interrupted (`is_interrupt`)",
    data: (z) =>
      z.object({
        ...f.toolFields(z),
        duration_ms: z.number().optional(),
        error: z.string().optional(),
        is_interrupt: z.boolean().optional(),
      }),
  }),
  agent_started: defineEvent({
    category: "session",
    what: "A sub-agent started",
    data: (z) => z.object(f.hookFields(z)),
  }),
  agent_stopped: defineEvent({
    category: "session",
    what: "A sub-agent stopped",
    data: (z) => z.object({ ...f.hookFields(z), last_assistant_message: z.string().optional() }),
  }),
  notification: defineEvent({
    category: "custom",
    what: "The client notified the user",
    data: (z) =>
      z.object({
        ...f.hookFields(z),
        message: z.string().optional(),
        notification_type: z.string().optional(),
      }),
  }),
  compaction_started: defineEvent({
    category: "session",
    what: "The context is about to be compacted",
    data: (z) => z.object(f.compactionFields(z)),
  }),
  permission_requested: defineEvent({
    category: "tool",
    what: "The client asks the user whether a tool may run",
    data: (z) =>
      z.object({
        ...f.toolFields(z),
        has_suggestions: z.boolean().optional(),
        suggestion_count: z.number().optional(),
      }),
  }),
  api_response: defineEvent({
    category: "api",
    what: "A model responded: one billed request with its tokens and cost",
    data: (z) => z.object(f.responseFields(z)),
  }),
  usage_updated: defineEvent({
    category: "api",
    what: "A later line raised the figures of a response that was already counted; `data` holds the difference",
    data: (z) => z.object(f.raisedFields(z)),
  }),
  ownership_changed: defineEvent({
    category: "api",
    what: "A response was reassigned to another session (fork, copy); totals did not change",
    data: (z) => z.object({ request_key: z.string(), from_session_id: z.string() }),
  }),
  api_error: defineEvent({
    category: "api",
    what: "The client reported a failed call to the model",
    data: (z) =>
      z.object({
        error: z.string().optional().describe("class of the error, by the client's name"),
        message: z.string().optional(),
        status: z.number().optional(),
        retry_attempt: z.number().optional(),
        retry_in_ms: z.number().optional(),
      }),
  }),
  tool_rejected: defineEvent({
    category: "tool",
    what: "The user, a rule or the client's classifier refused a tool call",
    data: (z) =>
      z.object({
        ...f.toolFields(z),
        reason: z.string().optional().describe("of the classifier"),
        kind: z.string().optional().describe("of the refusal, by the client's name"),
        decided_by: z.string().optional().describe("of telemetry: `user_reject`, `config`, `hook`, …"),
      }),
  }),
  turn_interrupted: defineEvent({
    category: "user",
    what: "The user interrupted the turn; reported by transcripts and rollouts, not by hooks",
    data: (z) =>
      z.object({
        message: z.string().optional(),
        reason: z.string().optional(),
        duration_ms: z.number().optional(),
      }),
  }),
  compaction_completed: defineEvent({
    category: "session",
    what: "The context was compacted",
    data: (z) => z.object({ ...f.compactionFields(z), compact_summary: z.string().optional() }),
  }),
  rate_limit: defineEvent({
    category: "limit",
    what: "A rate-limit window was sampled",
    data: (z) => z.object(f.limitFields(z)),
  }),
  alert_fired: defineEvent({
    category: "limit",
    what: "An alert fired for a limit, a source of limits or a budget",
    data: (z) => z.object(alertNoticeFields(z)),
  }),
  alert_cleared: defineEvent({
    category: "limit",
    what: "An alert cleared",
    data: (z) => z.object(alertNoticeFields(z)),
  }),
  capture_mode_changed: defineEvent({
    category: "session",
    what: "The capture mode of an agent changed: complete, live part missing, history only, or not recording",
    data: (z) =>
      z.object({
        agent: z.enum(VENDOR_NAMES),
        from: z.enum(CAPTURE_MODES),
        to: z.enum(CAPTURE_MODES),
        reason: z.string(),
      }),
  }),
  plan_created: defineEvent({
    category: "plan",
    what: "A plan was found",
    data: (z) => z.object(f.planFields(z)),
  }),
  plan_optimized: defineEvent({
    category: "plan",
    what: "A plan received features",
    data: (z) =>
      z.object({ ...f.planFields(z), features: z.number().optional(), added: z.number().optional() }),
  }),
  feature_created: defineEvent({
    category: "plan",
    what: "A feature was added to a plan",
    data: (z) =>
      z.object({
        ...f.featureFields(z),
        depends_on: z.array(z.string()).optional(),
        edge_cases: z.array(z.string()).optional(),
        decisions: z.array(z.string()).optional(),
        verification: z.string().optional(),
      }),
  }),
  orchestration_started: defineEvent({
    category: "plan",
    what: "The first feature of a plan was started",
    data: (z) => z.object(f.planFields(z)),
  }),
  feature_started: defineEvent({
    category: "plan",
    what: "A feature was started",
    data: (z) => z.object(f.featureFields(z)),
  }),
  feature_completed: defineEvent({
    category: "plan",
    what: "A feature was completed",
    data: (z) => z.object(f.featureFields(z)),
  }),
  feature_failed: defineEvent({
    category: "plan",
    what: "A feature failed",
    data: (z) => z.object(f.featureFields(z)),
  }),
  orchestration_completed: defineEvent({
    category: "plan",
    what: "Every feature of a plan is completed, or its folder was moved to the completed ones",
    data: (z) => z.object({ ...f.planFields(z), reason: z.string().optional() }),
  }),
  pr_created: defineEvent({
    category: "plan",
    what: "A pull request of a plan was opened",
    data: (z) => z.object({ ...f.planFields(z), pr_url: z.string().optional() }),
  }),
  hook_other: defineEvent({
    category: "custom",
    what: "Any other hook event, stored with its payload",
    data: (z) =>
      z.object({
        ...f.hookFields(z),
        mcp_server_name: z.string().optional().describe("of an elicitation"),
        message: z.string().optional(),
        action: z.string().optional().describe("what a person answered to an elicitation"),
        command_name: z.unknown().optional().describe("of an expanded command"),
        command_args: z.unknown().optional(),
        expanded_prompt: z.unknown().optional(),
      }),
  }),
} as const;

export type EventType = keyof typeof EVENTS;
export type CategoryOf<Type extends EventType> = (typeof EVENTS)[Type]["category"];
/** The declared fields of a type's `data`. */
export type DataOf<Type extends EventType> = zod.output<ReturnType<(typeof EVENTS)[Type]["data"]>>;

export const EVENT_TYPE_NAMES = Object.keys(EVENTS) as [EventType, ...EventType[]];
/** Every event type with its category. */
export const EVENT_TYPES = Object.fromEntries(
  Object.entries(EVENTS).map(([type, { category }]) => [type, category]),
) as { readonly [Type in EventType]: CategoryOf<Type> };
