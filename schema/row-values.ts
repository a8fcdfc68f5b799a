/** Values of columns that hold one of a few names. */

export const HIDDEN_ORIGINS = ["otlp", "client_total"] as const;
export type HiddenOrigin = (typeof HIDDEN_ORIGINS)[number];

export const TOOL_OUTCOMES = [
  "running",
  "completed",
  "failed",
  "rejected",
  "interrupted",
  "unknown",
] as const;
export type ToolOutcome = (typeof TOOL_OUTCOMES)[number];

export const SESSION_RELATIONS = ["fork", "agent"] as const;

export const REJECT_REASONS = [
  "invalid_json",
  "unknown_shape",
  "oversize",
  "torn_record",
  "bad_checksum",
  "unknown_record_kind",
  "missing_body",
  "wrong_source",
  "store_refused",
  /** An impossible figure; the rest of the line is used. */
  "implausible",
  /** A run of NUL bytes, as a file system leaves it after a crash. */
  "nul_bytes",
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

export const SAMPLE_ORIGINS = ["statusline", "rollout", "app_server", "command", "client_cache"] as const;
export type SampleOrigin = (typeof SAMPLE_ORIGINS)[number];

export const FILE_STATES = ["active", "deleted", "truncated", "rewritten", "moved"] as const;
export type FileState = (typeof FILE_STATES)[number];

/** Letters of an outline's `kinds`, in the order of a timeline's kinds. */
export const OUTLINE_KINDS = { turn: "t", agent: "a", request: "r", tool: "c", event: "e" } as const;
