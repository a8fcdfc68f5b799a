/** `hall`: what this program itself has to say and no agent did. */
export const SOURCES = ["claude", "codex", "plan", "hall"] as const;
export const ORIGINS = [
  "hook",
  "transcript",
  "rollout",
  "statusline",
  "otlp",
  "app_server",
  "command",
  "manifest",
  "monitor",
] as const;
export const EVENT_CATEGORIES = ["session", "user", "tool", "api", "limit", "plan", "custom"] as const;

/** Every event type and the category it belongs to. */
export const EVENT_TYPES = {
  session_started: "session",
  session_ended: "session",
  prompt_submitted: "user",
  turn_ended: "user",
  tool_started: "tool",
  tool_completed: "tool",
  tool_failed: "tool",
  agent_started: "session",
  agent_stopped: "session",
  notification: "custom",
  compaction_started: "session",
  permission_requested: "tool",
  api_response: "api",
  /** A later line raised the figures of a response that was already counted; `data` holds the difference. */
  usage_updated: "api",
  /** A response turned out to belong to another session (fork, copy); totals did not change. */
  ownership_changed: "api",
  /** The client reported a failed call to the model. */
  api_error: "api",
  /** A person said no, or pressed Esc: no hook tells of it, the transcript does. */
  tool_rejected: "tool",
  turn_interrupted: "user",
  compaction_completed: "session",
  rate_limit: "limit",
  /** A limit, a source of limits or a budget needs a look; `data` is the alert. */
  alert_fired: "limit",
  alert_cleared: "limit",
  plan_created: "plan",
  plan_optimized: "plan",
  feature_created: "plan",
  orchestration_started: "plan",
  feature_started: "plan",
  feature_completed: "plan",
  feature_failed: "plan",
  orchestration_completed: "plan",
  pr_created: "plan",
  hook_other: "custom",
} as const satisfies Record<string, (typeof EVENT_CATEGORIES)[number]>;

export type SourceName = (typeof SOURCES)[number];
export type Origin = (typeof ORIGINS)[number];
export type EventCategory = (typeof EVENT_CATEGORIES)[number];
export type EventType = keyof typeof EVENT_TYPES;
export const EVENT_TYPE_NAMES = Object.keys(EVENT_TYPES) as [EventType, ...EventType[]];
