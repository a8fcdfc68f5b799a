import type { TokenField } from "./usage-kinds.ts";
import type { TelemetryVendor } from "./vendors.ts";

export const OTLP_SIGNALS = ["logs", "metrics", "traces"] as const;
export type OtlpSignal = (typeof OTLP_SIGNALS)[number];

/** One billed call as Claude Code's `api_request` log reports it: the only record of a hidden one. */
export type TelemetryCall = Record<TokenField, number> & {
  kind: "call";
  session_id: string;
  time_unix_ms: number;
  /** Joins `requests.provider_request_id`; empty where the backend gave none, then `sequence` names the call. */
  request_id: string;
  sequence: number;
  prompt_id: string;
  agent_id: string;
  model: string;
  /** False if only the sum of the cache writes was reported, which is then in the five-minute field. */
  is_ttl_known: boolean;
  speed: string;
  effort: string;
  /** `sdk`, `repl_main_thread`, `agent:…`, `compact`, `auxiliary`, …: the purpose of the call. */
  query_source: string;
  duration_ms: number | null;
  ttft_ms: number | null;
  cost_nano_usd: number | null;
};

/** An event without any text of a person or a model. */
export type TelemetryEvent = {
  kind: "event";
  name: "api_error" | "tool_decision" | "tool_result";
  session_id: string;
  time_unix_ms: number;
  sequence: number;
  prompt_id: string;
  agent_id: string;
  request_id: string;
  tool_name: string;
  tool_use_id: string;
  /** `accept`, `reject`, `approved`, … as the agent names it. */
  decision: string;
  /** Who decided: `config`, `hook`, `user_reject`, … */
  decided_by: string;
  duration_ms: number | null;
  is_success: boolean | null;
  /** Of a failed call: status and the client's name for it. */
  status: number | null;
};

/** One data point of `claude_code.token.usage` or `.cost.usage`: a check, never part of a total. */
export type TelemetryPoint = {
  kind: "point";
  session_id: string;
  model: string;
  /** `input`, `output`, `cacheRead`, `cacheCreation`, or `cost` in USD. */
  type: string;
  query_source: string;
  temporality: "delta" | "cumulative";
  start_unix_ms: number;
  time_unix_ms: number;
  value: number;
};

/** A record that only shows that the agent is alive. */
export type TelemetrySign = { kind: "sign"; name: string; session_id: string; time_unix_ms: number };

export type TelemetryRecord = TelemetryCall | TelemetryEvent | TelemetryPoint | TelemetrySign;

/** Body of a spool record `otlp/1`: a part of an export, stripped of everything that is not needed. */
export type TelemetryExport = {
  agent: TelemetryVendor;
  signal: OtlpSignal;
  client_version: string;
  records: TelemetryRecord[];
};
