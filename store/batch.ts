/**
 * What one read of a file gives. The fields of an observation are the columns of its table, so a column is declared in
 * one place and the compiler names every parser and writer that lacks it; what differs from the row is stated here.
 */
import type { ClientTotal } from "../schema/client-total.ts";
import type { MetricEvent, SourceName } from "../schema/events.ts";
import type { CreditReading } from "../schema/rate-limits.ts";
import type { RolloutLimits } from "../schema/rollout-limits.ts";
import type { FileState, HiddenOrigin, ToolOutcome } from "../schema/row-values.ts";
import type { TelemetryExport } from "../schema/telemetry.ts";
import type { TextObservation } from "../schema/texts.ts";
import type { Usage } from "../schema/usage.ts";
import type { UsageField } from "../schema/usage-kinds.ts";
import type { Fields, FilledFields } from "./table.ts";
import type { RATE_LIMIT_SAMPLES } from "./tables/events.ts";
import type { FILES, REJECTS } from "./tables/files.ts";
import type { ATTRIBUTION_FIELDS, COST_FIELDS, REQUESTS } from "./tables/requests.ts";
import type { AGENTS, SESSIONS, TOOL_CALLS, TURNS } from "./tables/sessions.ts";

/** In place of `session_pk`. */
type OfSession = {
  source: SourceName;
  /** The session of the file that holds this observation. */
  session_id: string;
};
type Owned = {
  /** The session that sent the request, as the vendor names it (Claude 2.1.329 `requestSessionId`): overrides every guess. */
  owner_session_id?: string | undefined;
};

/** A response as one place in one file shows it. Several observations of one `request_key` are one request. */
export interface RequestObservation
  extends Fields<
      typeof REQUESTS,
      ("seq" | "session_pk" | "owner_rank" | "file_pk" | "origin") | (typeof COST_FIELDS)[number] | UsageField
    >,
    OfSession,
    Owned {
  /** Set on a request that is in no file of the agent: how it is known. */
  origin?: HiddenOrigin | undefined;
  /** This copy is marked as that of a side chain. */
  is_sidechain: boolean;
  /** Set when `model` is empty: it is the last model of this session before `time_unix_ms` (Codex forks). */
  model_from_session_id?: string | undefined;
  usage: Usage;
  /** False while more lines of this response may come (`stop_reason: null`). */
  is_final: boolean;
}

/** The purpose of a request; each field only if the client wrote it. */
export type Attribution = Pick<RequestObservation, (typeof ATTRIBUTION_FIELDS)[number]>;

/** One sight of a tool call. Start and end may come from different files in any order. */
export interface ToolCallObservation
  extends Fields<
      typeof TOOL_CALLS,
      "tool_pk" | "session_pk" | "owner_rank" | "decision" | "decided_by" | "outcome"
    >,
    OfSession,
    Owned {
  outcome?: ToolOutcome | undefined;
}

export interface SessionObservation
  extends Fields<typeof SESSIONS, "session_pk" | "source" | "source_session_id" | "started_unix_ms">,
    OfSession {
  /** First sign of life seen here; `last_unix_ms` is the same if absent. */
  time_unix_ms?: number | undefined;
  /** Adds to a session that is known and opens none, as a status line is drawn before there is anything to record. */
  opens_none?: true;
}

export interface AgentObservation extends Fields<typeof AGENTS, "session_pk">, OfSession {}

/** One prompt of a person (or a machine turn) and the work that follows it. */
export interface TurnObservation extends Fields<typeof TURNS, "session_pk">, OfSession {}

/** A line that could not be used. Counted and shown; its neighbours are never affected. */
export type Reject = Fields<typeof REJECTS, "reject_pk" | "time_unix_ms">;

/** One value of one window of a rate limit. */
export type RateLimitSample = FilledFields<typeof RATE_LIMIT_SAMPLES, "sample_pk">;

/** Where reading of a file continues. Stored in the transaction that stores what was read. */
export interface Cursor extends Fields<typeof FILES, "file_pk" | "source" | "state"> {
  source: SourceName | "spool";
  state: FileState;
}

export type FileBatch = {
  cursor: Cursor;
  events: MetricEvent[];
  requests: RequestObservation[];
  tool_calls: ToolCallObservation[];
  sessions: SessionObservation[];
  agents: AgentObservation[];
  turns: TurnObservation[];
  samples: RateLimitSample[];
  /** Further samples, from rollouts. */
  limits: RolloutLimits;
  /** In any order; the store keeps the newest of each account and limit, and the start of each balance. */
  credits?: CreditReading[];
  texts?: TextObservation[];
  /** `texts`: read for its texts alone, which have a cursor of their own. */
  only?: "texts";
  rejects: Reject[];
  /** What agents exported over OTLP; only from the spool. */
  telemetry?: TelemetryExport[];
  /** The client's own totals, from `cost-state` lines. */
  client_totals?: ClientTotal[];
  /** Lines that are known to contain nothing of interest, by type. */
  ignored: Record<string, number>;
  lines: number;
  bytes: number;
};
