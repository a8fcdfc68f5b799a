import { PRICED_KINDS, TOKEN_FIELDS } from "./usage-kinds.ts";
import { VENDOR_NAMES, VENDORS, type VendorName } from "./vendors.ts";

/**
 * Every metric of `/metrics`: one table, printed into docs/metrics.md. The names of ccTrack and of the ameide monitor
 * are kept as they are, so that rules and dashboards written for them keep working; ours begin with `hall_`.
 */
export type MetricType = "counter" | "gauge" | "histogram";
type Metric = { type: MetricType; labels: readonly string[]; help: string };

const of = <const L extends readonly string[]>(type: MetricType, labels: L, help: string) => ({
  type,
  labels,
  help,
});

const LIMIT = ["source", "account", "limit", "window"] as const;

type PlainLimits = Record<
  `${VendorName}_${"usage_ratio" | "pace_ratio" | "reset_seconds"}`,
  { type: MetricType; labels: readonly ["window"]; help: string }
>;

/** The main limit of each agent under ccTrack's names. */
function plainLimits(): PlainLimits {
  const rows = VENDOR_NAMES.toReversed().flatMap((name) => [
    [
      `${name}_usage_ratio`,
      of("gauge", ["window"], `Used share of the main ${VENDORS[name].short_label} limit; 1 is the limit`),
    ],
    [
      `${name}_pace_ratio`,
      of("gauge", ["window"], "Used share / elapsed share; 1 lands exactly at the limit at the reset"),
    ],
    [`${name}_reset_seconds`, of("gauge", ["window"], "Time until the window resets")],
  ]);
  return Object.fromEntries(rows);
}

export const METRICS = {
  cctrack_sampler_captures_total: of("counter", ["source"], "Samples taken since the daemon's start"),
  cctrack_sampler_capture_failures_total: of(
    "counter",
    ["source"],
    "Failed attempts to take a sample since the daemon's start",
  ),
  cctrack_sampler_last_capture_timestamp_seconds: of("gauge", ["source"], "Time of the last sample"),
  // A gauge by type, because a counter of this name breaks the naming rule that promtool checks.
  codex_binary_missing: of(
    "gauge",
    [],
    "How often the Codex program was not found, since the daemon's start",
  ),
  ...plainLimits(),

  codex_rate_limit_remaining: of(
    "gauge",
    ["account", "window"],
    "Remaining share of the main limit, in percent",
  ),
  codex_rate_limit_limit: of(
    "gauge",
    ["account", "window"],
    "Always 100: the vendor reports percentages only",
  ),
  codex_rate_limit_reset_timestamp_seconds: of("gauge", ["account", "window"], "When the window resets"),
  codex_credits_remaining: of("gauge", ["account"], "Remaining credits; absent if unlimited or not reported"),
  codex_monitor_up: of(
    "gauge",
    ["account"],
    "1 if the last poll of the account succeeded and the next is not overdue",
  ),
  codex_monitor_last_success_timestamp_seconds: of(
    "gauge",
    ["account"],
    "Time of the last successful poll of the account",
  ),
  codex_monitor_poll_duration_seconds: of("histogram", ["account"], "Duration of a poll"),

  hall_limit_usage_ratio: of("gauge", LIMIT, "Used share of every limit that is reported; 1 is the limit"),
  hall_limit_pace_ratio: of("gauge", LIMIT, "Used share / elapsed share"),
  hall_limit_reset_seconds: of("gauge", LIMIT, "Time until the window resets"),
  hall_limit_stale: of("gauge", LIMIT, "1 if the last sample is too old to trust"),
  hall_limit_sample_timestamp_seconds: of(
    "gauge",
    [...LIMIT, "origin"],
    "Time of the last sample, by where it came from",
  ),
  hall_limit_polled: of(
    "gauge",
    ["source", "account"],
    "1 if the account is polled, 0 if only its files are read",
  ),
  hall_credits_unlimited: of("gauge", ["source", "account"], "1 if the account's credits are unlimited"),
  hall_limit_series_dropped: of("gauge", [], "Limit series that are not exported because there are too many"),

  hall_tokens_total: of("counter", ["source", "model", "type"], "Tokens by kind; no token is in two kinds"),
  hall_reasoning_tokens_total: of(
    "counter",
    ["source", "model"],
    "Reasoning tokens; they are output tokens already",
  ),
  hall_requests_total: of("counter", ["source", "model"], "Billed inferences"),
  hall_web_searches_total: of("counter", ["source", "model"], "Web searches"),
  hall_events_total: of("counter", ["source", "type"], "Events by type"),
  hall_rejected_lines_total: of("counter", ["source", "reason"], "Rejected lines"),
  hall_cost_usd: of(
    "gauge",
    ["source", "model"],
    "Cost of priced requests; may fall when prices are corrected",
  ),
  hall_unpriced_requests: of("gauge", ["source"], "Inferences without a known price"),
  hall_unpriced_tokens: of("gauge", ["source"], "Tokens without a known price"),
  hall_unattributed_tokens: of(
    "gauge",
    ["source"],
    "Tokens of requests with a model that is not known yet; in no other metric until it is",
  ),
  hall_sessions: of(
    "gauge",
    ["source", "activity"],
    "Sessions in the database by their current state; a session without a sign of life for a day is unknown",
  ),

  hall_capture_mode: of("gauge", ["agent", "mode"], "1 for the agent's current capture mode"),
  hall_source_live: of("gauge", ["source"], "1 if the source is live, or idle because no agent works"),
  hall_otlp_requests: of("gauge", ["signal", "result"], "OpenTelemetry exports since the daemon's start"),
  hall_otlp_records: of("gauge", ["agent", "kind"], "OpenTelemetry records since the daemon's start"),
  hall_decisions: of(
    "gauge",
    ["agent", "decision"],
    "Deduplication decisions since the daemon's start: which of several reports of one fact was used",
  ),
  hall_stream_restarts: of(
    "gauge",
    ["account", "cause"],
    "Restarts of a kept app-server since the daemon's start",
  ),
  hall_hidden_cost_usd: of("gauge", [], "Cost of all requests that are in no transcript"),

  hall_build_info: of("gauge", ["version"], "Always 1"),
  hall_start_timestamp_seconds: of("gauge", [], "When the daemon started"),
  hall_state: of("gauge", ["state"], "1 for the current state of the daemon"),
  hall_problems: of("gauge", ["code"], "Current problems"),
  hall_last_seq: of("gauge", [], "Sequence number of the last stored event"),
  hall_last_event_timestamp_seconds: of("gauge", [], "Time of the last stored event"),
  hall_spool_backlog_bytes: of("gauge", [], "Hook events in the spool that are not read yet"),
  hall_spool_backlog_files: of("gauge", [], "Spool files with unread data"),
  hall_hook_events_lost: of("gauge", [], "Hook events that could not be written"),
  hall_duplicates: of("gauge", [], "Facts read more than once since the daemon's start"),
  hall_read_bytes: of("gauge", [], "Bytes read, since the daemon's start"),
  hall_read_lines: of("gauge", [], "Lines read, since the daemon's start"),
  hall_sessions_indexed: of(
    "gauge",
    ["source"],
    "Distinct sessions with files read since the daemon's start",
  ),
  hall_file_parse_duration_seconds: of(
    "histogram",
    ["source"],
    "Duration of reading and parsing one file, since the daemon's start",
  ),
  hall_files_scanned: of(
    "gauge",
    ["source", "stage", "result"],
    "Files found, and files read to the end, since the daemon's start",
  ),
  hall_sse_clients: of("gauge", [], "Open event streams"),
  hall_watched_files: of("gauge", [], "Known source files"),
  hall_last_scan_timestamp_seconds: of("gauge", [], "Time of the last scan of all source folders"),
  hall_backfill_done: of("gauge", [], "1 once the history that existed at the start has been read"),
  hall_backfill_bytes: of(
    "gauge",
    ["part"],
    "Size of the history that existed at the start: read so far, and total",
  ),
  hall_plans: of("gauge", ["state"], "Plans by state"),
  hall_plan_features: of("gauge", ["status"], "Features of plans that are not deleted, by status"),
  hall_plan_prs_ambiguous: of("gauge", [], "Pull requests that could belong to several plans, or to none"),
  hall_process_resident_memory_bytes: of("gauge", [], "Memory of the daemon"),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

/** Kinds of `hall_tokens_total`; they add up to all tokens. */
export const TOKEN_KINDS = PRICED_KINDS.filter(({ field }) => TOKEN_FIELDS.some((name) => name === field));

export const MAX_MODELS = 50;
export const MAX_ACCOUNTS = 20;
export const MAX_LIMIT_SERIES = 100;

/** The text format of Prometheus 0.0.4, as in the header of `/metrics`. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";
