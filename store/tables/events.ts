import { table } from "../table.ts";
import { JOIN, OF_SESSION, SESSION_PK } from "./sessions.ts";

const maybeText = { sql: "text", line: "maybe_text", digest: true } as const;

export const EVENTS = table({
  name: "events",
  columns: {
    seq: { sql: "integer primary key", line: "seq" },
    event_id: { sql: "text not null unique", line: "id" },
    session_pk: SESSION_PK,
    session_id: OF_SESSION.session_id,
    session_source: { from: "nullif(s.source, e.source)", line: "maybe_source" },
    event_type: { sql: "text not null", line: "event_type", digest: true },
    source: { sql: "text not null", line: "source" },
    origin: { sql: "text not null", line: "origin", digest: true },
    time_unix_ms: { sql: "integer not null", line: "int", digest: true },
    project_path: { from: "s.project_path", line: "maybe_text" },
    agent_id: maybeText,
    prompt_id: maybeText,
    tool_name: maybeText,
    tool_use_id: maybeText,
    data: { sql: "text not null", line: "json", digest: true },
  },
  indexes: {
    events_session: "(session_pk, seq)",
    events_type: "(event_type, time_unix_ms)",
    events_time: "(time_unix_ms)",
    events_tool: "(tool_name, time_unix_ms) where tool_name is not null",
    events_call: { on: "(tool_use_id) where tool_use_id is not null", since: 17 },
    events_prompt: {
      on: "(session_pk, prompt_id, time_unix_ms) where event_type = 'prompt_submitted'",
      since: 17,
    },
  },
  archive: {
    kind: "event",
    alias: "e",
    join: JOIN,
    pk: "seq",
    by: "seq",
    // Their content depends on the order in which files were read.
    where: "event_type not in ('usage_updated', 'ownership_changed')",
  },
});

export const EVENT_ROLLUP = table({
  name: "event_rollup",
  columns: {
    bucket_unix_ms: { sql: "integer not null" },
    session_pk: { sql: "integer not null" },
    event_type: { sql: "text not null" },
    tool_name: { sql: "text not null" },
    events: { sql: "integer not null" },
  },
  constraints: "primary key (bucket_unix_ms, session_pk, event_type, tool_name)",
  without_rowid: true,
  indexes: { event_rollup_session: "(session_pk)" },
});

export const EVENT_TOTALS = table({
  name: "event_totals",
  columns: {
    source: { sql: "text not null" },
    event_type: { sql: "text not null" },
    events: { sql: "integer not null" },
  },
  constraints: "primary key (source, event_type)",
  without_rowid: true,
});

export const RATE_LIMIT_SAMPLES = table({
  name: "rate_limit_samples",
  columns: {
    sample_pk: { sql: "integer primary key" },
    sample_id: { sql: "text not null unique", line: "id", digest: true },
    source: { sql: "text not null", line: "source", digest: true },
    origin: { sql: "text not null", line: "sample_origin", digest: true },
    /** The operator's alias of the account, `default` if there is only one; never an id or an email address. */
    account: { sql: "text not null", line: "text", digest: true },
    limit_id: { sql: "text not null", line: "text", digest: true },
    /** `5h`, `weekly`, `weekly_opus`, `monthly`, `<n>m`: by duration, never by position. */
    window: { sql: "text not null", line: "text", digest: true },
    window_minutes: { sql: "integer", line: "number_or_null", digest: true },
    used_percent: { sql: "real not null", line: "number", digest: true },
    resets_at_unix_ms: { sql: "integer", line: "int_or_null", digest: true },
    time_unix_ms: { sql: "integer not null", line: "int", digest: true },
    session_id: { sql: "text not null", line: "text", digest: true },
  },
  indexes: { rate_limit_samples_time: "(source, account, limit_id, window, time_unix_ms)" },
  archive: { kind: "sample", alias: "l", pk: "sample_pk", by: "mark" },
});

/** Periods of an unchanged balance, from the first reading to the last; the newest is in `credit_readings`. */
export const CREDIT_RUNS = table({
  name: "credit_runs",
  since: 18,
  columns: {
    source: { sql: "text not null" },
    account: { sql: "text not null" },
    limit_id: { sql: "text not null" },
    time_unix_ms: { sql: "integer not null" },
    last_unix_ms: { sql: "integer not null" },
    has_credits: { sql: "integer not null" },
    is_unlimited: { sql: "integer not null" },
    balance: { sql: "real" },
  },
  constraints: "primary key (source, account, limit_id, time_unix_ms)",
  without_rowid: true,
});

/** The newest reading of an account's credits. */
export const CREDIT_READINGS = table({
  name: "credit_readings",
  columns: {
    source: { sql: "text not null" },
    account: { sql: "text not null" },
    limit_id: { sql: "text not null" },
    has_credits: { sql: "integer not null" },
    is_unlimited: { sql: "integer not null" },
    balance: { sql: "real" },
    time_unix_ms: { sql: "integer not null" },
  },
  constraints: "primary key (source, account, limit_id)",
  without_rowid: true,
});
