import { type Column, type Row, table } from "../table.ts";
import { JOIN, OF_SESSION, SESSION_PK } from "./sessions.ts";
import { usageColumns } from "./usage-columns.ts";

const SINCE = 8;
const usage = usageColumns(SINCE);
const int = { sql: "integer not null", line: "int", digest: true } as const;
const count = { sql: "integer not null", line: "count", digest: true } as const;
const text = { sql: "text not null", line: "text", digest: true } as const satisfies Column;
const maybe = { sql: "integer", line: "maybe_int", digest: true } as const;

/** Claude Code's own totals, a row for each state and model; `model` is empty if nothing was used. */
export const CLIENT_TOTALS = table({
  name: "client_totals",
  columns: {
    total_pk: { sql: "integer primary key" },
    ...OF_SESSION,
    session_pk: SESSION_PK,
    start_unix_ms: int,
    duration_ms: count,
    time_unix_ms: int,
    cost_nano_usd: count,
    has_unknown_cost: count,
    model: text,
    ...usage,
    model_cost_nano_usd: count,
    is_ttl_known: count,
  },
  constraints: "unique (session_pk, duration_ms, model)",
  archive: { kind: "client_total", alias: "ct", join: JOIN, pk: "total_pk", by: "mark" },
  since: 8,
});
export type ClientTotalRow = Row<typeof CLIENT_TOTALS>;

/** Calls as Claude Code's telemetry reports them; billing is in the rows of `requests`. */
export const TELEMETRY_CALLS = table({
  name: "telemetry_calls",
  columns: {
    call_pk: { sql: "integer primary key" },
    ...OF_SESSION,
    session_pk: SESSION_PK,
    call_key: text,
    request_id: text,
    time_unix_ms: int,
    prompt_id: text,
    agent_id: text,
    model: text,
    ...usage,
    is_ttl_known: count,
    speed: text,
    effort: text,
    query_source: text,
    duration_ms: maybe,
    ttft_ms: maybe,
    cost_nano_usd: maybe,
    client_version: text,
  },
  constraints: "unique (session_pk, call_key)",
  archive: { kind: "telemetry_call", alias: "tc", join: JOIN, pk: "call_pk", by: "mark" },
  since: 8,
});
export type TelemetryCallRow = Row<typeof TELEMETRY_CALLS>;

/** Permission decisions, which only telemetry reports. */
export const TOOL_DECISIONS = table({
  name: "tool_decisions",
  columns: {
    decision_pk: { sql: "integer primary key" },
    ...OF_SESSION,
    session_pk: SESSION_PK,
    tool_key: text,
    time_unix_ms: int,
    decision: text,
    decided_by: text,
  },
  constraints: "unique (tool_key, decision, decided_by)",
  indexes: { tool_decisions_kind: { on: "(decision, decided_by)", since: 13 } },
  archive: { kind: "tool_decision", alias: "td", join: JOIN, pk: "decision_pk", by: "mark" },
  since: 8,
});

/** Metrics of tokens and cost: they only check the totals, so they are kept for days and not archived. */
export const TELEMETRY_POINTS = table({
  name: "telemetry_points",
  columns: {
    session_pk: { sql: "integer not null" },
    model: { sql: "text not null" },
    type: { sql: "text not null" },
    query_source: { sql: "text not null" },
    temporality: { sql: "text not null" },
    start_unix_ms: { sql: "integer not null" },
    /** Of a cumulative series 0: its newest value replaces the one before. */
    time_unix_ms: { sql: "integer not null" },
    value: { sql: "real not null" },
    is_inflated: { sql: "integer not null" },
  },
  constraints:
    "primary key (session_pk, model, type, query_source, temporality, start_unix_ms, time_unix_ms)",
  without_rowid: true,
  since: 8,
});
