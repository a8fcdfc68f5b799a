import type { ClientTotal } from "./client-total.ts";
import type { MetricEvent, SourceName } from "./events.ts";
import type { CreditReading } from "./rate-limits.ts";
import type { RolloutLimits } from "./rollout-limits.ts";
import type { TelemetryExport } from "./telemetry.ts";
import type { TextObservation } from "./texts.ts";
import type { Usage } from "./usage.ts";

export const HIDDEN_ORIGINS = ["otlp", "client_total"] as const;
export type HiddenOrigin = (typeof HIDDEN_ORIGINS)[number];

/** What a request was made for; each only where the client wrote it. */
export type Attribution = {
  /** Set on a request that no file of the agent shows: where it is known from. */
  origin?: HiddenOrigin | undefined;
  /** What the client made the call for: `compact`, `auxiliary`, … */
  query_source?: string | undefined;
  skill?: string | undefined;
  plugin?: string | undefined;
  agent_type?: string | undefined;
  mcp_server?: string | undefined;
  mcp_tool?: string | undefined;
  effort?: string | undefined;
  thinking_ms?: number | undefined;
  /** Why the prompt cache was missed, and how many tokens that cost. */
  cache_miss_reason?: string | undefined;
  cache_missed_input_tokens?: number | undefined;
  /** Whether the folder was on when it was checked. */
  git_branch?: string | undefined;
};

/** A response as one place in one file shows it. Several observations of one `request_key` are one request. */
export type RequestObservation = {
  /** Same response, same key, in whatever file it is found: `claude:msg_01…`, `codex:resp_…`. */
  request_key: string;
  /** Set on what a request billed under a model of its own (advisor, API-side compaction). */
  parent_key?: string | undefined;
  source: SourceName;
  /** The session of the file that holds this observation. */
  session_id: string;
  /** Empty on the main thread. */
  agent_id: string;
  /** The session that sent the request, as the vendor names it (Claude 2.1.329 `requestSessionId`): beats every guess. */
  owner_session_id?: string | undefined;
  /** This copy is marked as a side chain's. */
  is_sidechain: boolean;
  prompt_id?: string | undefined;
  /** Vendor ids, for a person who compares with an invoice or a log. */
  response_id: string;
  provider_request_id: string;
  time_unix_ms: number;
  /** As the client wrote it; empty = unknown. */
  model: string;
  /** Set when `model` is empty: it is the last model of this session before `time_unix_ms` (Codex forks). */
  model_from_session_id?: string | undefined;
  usage: Usage;
  service_tier: string;
  speed: string;
  inference_geo: string;
  /** Bits of QUALITY_FLAGS. */
  flags: number;
  /** False while more lines of this response may come (`stop_reason: null`). */
  is_final: boolean;
  /** The client's own figure of its cost, in nano-USD. */
  recorded_cost_nano_usd?: number | undefined;
  /** Byte offset of the line in the file it was read from. */
  offset: number;
} & Attribution;

export const TOOL_OUTCOMES = [
  "running",
  "completed",
  "failed",
  "rejected",
  "interrupted",
  "unknown",
] as const;
export type ToolOutcome = (typeof TOOL_OUTCOMES)[number];

/** One sight of a tool call. Start and end may come from different files in any order. */
export type ToolCallObservation = {
  /** `claude:<tool_use_id>`, `codex:<thread>:<call_id>`. */
  tool_key: string;
  source: SourceName;
  /** The session of the file that holds this observation. */
  session_id: string;
  /** The session that sent the request, as the vendor names it: beats every guess. */
  owner_session_id?: string | undefined;
  agent_id: string;
  tool_use_id: string;
  tool_name?: string | undefined;
  prompt_id?: string | undefined;
  started_unix_ms?: number | undefined;
  ended_unix_ms?: number | undefined;
  /** The client's own measure (without permission and hook time) beats the difference of two clocks. */
  duration_ms?: number | undefined;
  outcome?: ToolOutcome | undefined;
  /** At most 200 characters that show a person what it did: a command, a path, a pattern. */
  summary?: string | undefined;
  /** At most 500 characters. */
  error?: string | undefined;
};

export const SESSION_RELATIONS = ["fork", "agent"] as const;

export type SessionObservation = {
  source: SourceName;
  session_id: string;
  /** First sign of life seen here. */
  time_unix_ms?: number;
  /** Last sign of life seen here; absent = `time_unix_ms`. */
  last_unix_ms?: number;
  project_path?: string;
  git_branch?: string;
  client_version?: string;
  entrypoint?: string;
  title?: string;
  ended_unix_ms?: number;
  end_reason?: string;
  /** The session that it was forked from, or that it is a sub-agent of (Codex). */
  parent_session_id?: string;
  relation?: (typeof SESSION_RELATIONS)[number];
  transcript_path?: string;
  /** The operator's alias of the account that owns its folder; absent = `default`. */
  account?: string;
  /** What the model of its main thread takes in at once, as the client reports it. */
  context_window_tokens?: number;
  /** Adds to a session that is known and opens none, as a status line is drawn before there is anything to record. */
  opens_none?: true;
};

export type AgentObservation = {
  source: SourceName;
  /** The session it hangs under. */
  session_id: string;
  agent_id: string;
  agent_type?: string;
  description?: string;
  /** The tool call that started it. */
  tool_use_id?: string;
  depth?: number;
  started_unix_ms?: number;
  ended_unix_ms?: number;
};

/** One prompt of a person (or a machine turn) and the work that follows it. */
export type TurnObservation = {
  source: SourceName;
  session_id: string;
  prompt_id: string;
  started_unix_ms?: number;
  ended_unix_ms?: number;
  /** At most 500 characters. */
  prompt?: string;
};

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
  /** A figure that cannot be; the rest of the line is used. */
  "implausible",
  /** A run of NUL bytes, as a file system leaves it after a crash. */
  "nul_bytes",
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** A line that could not be used. Counted and shown; its neighbours are never touched. */
export type Reject = {
  source: SourceName;
  path: string;
  offset: number;
  length_bytes: number;
  reason: RejectReason;
  /** At most 200 characters; no payload text beyond what shows where it broke. */
  detail: string;
};

export const SAMPLE_ORIGINS = [
  ...(["statusline", "rollout", "app_server", "command", "client_cache"] as const),
] as const;

/** One value of one window of a rate limit. */
export type RateLimitSample = {
  sample_id: string;
  source: SourceName;
  origin: (typeof SAMPLE_ORIGINS)[number];
  /** Operator's alias of the account, `default` if there is one only; never an id or an e-mail. */
  account: string;
  limit_id: string;
  /** `5h`, `weekly`, `weekly_opus`, `monthly`, `<n>m`: by duration, never by position. */
  window: string;
  window_minutes: number | null;
  used_percent: number;
  resets_at_unix_ms: number | null;
  time_unix_ms: number;
  session_id: string;
};

export const FILE_STATES = ["active", "deleted", "truncated", "rewritten", "moved"] as const;
export type FileState = (typeof FILE_STATES)[number];

/** Where reading of a file goes on. Stored in the transaction that stores what was read. */
export type Cursor = {
  path: string;
  source: SourceName | "spool";
  inode: number;
  birth_unix_ms: number;
  size_bytes: number;
  mtime_unix_ms: number;
  offset: number;
  /** Hash of the first bytes and of the bytes before `offset`: distinguishes a rewrite from an append. */
  fingerprint: string;
  state: FileState;
  /** What the parser must remember between two reads, as JSON; empty if nothing. */
  parser_state: string;
};

/** What one read of a file gave. */
export type FileBatch = {
  cursor: Cursor;
  events: MetricEvent[];
  requests: RequestObservation[];
  tool_calls: ToolCallObservation[];
  sessions: SessionObservation[];
  agents: AgentObservation[];
  turns: TurnObservation[];
  samples: RateLimitSample[];
  /** More of the same, of rollouts. */
  limits: RolloutLimits;
  /** In any order; the store keeps the newest of each account and limit, and since when a balance was so. */
  credits?: CreditReading[];
  texts?: TextObservation[];
  /** `texts`: read for its texts alone, which have a cursor of their own. */
  only?: "texts";
  rejects: Reject[];
  /** What agents exported over OTLP; only the spool has it. */
  telemetry?: TelemetryExport[];
  /** What the client itself adds up, from `cost-state` lines. */
  client_totals?: ClientTotal[];
  /** Lines that are known to carry nothing of ours, by type. */
  ignored: Record<string, number>;
  lines: number;
  bytes: number;
};
