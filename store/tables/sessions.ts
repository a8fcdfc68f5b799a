import { type Column, table } from "../table.ts";

/** Identifies a session wherever rows of several databases are compared. */
export const SESSION = "s.source || ':' || s.source_session_id";
export const SESSION_PK = {
  sql: "integer not null references sessions",
  digest: SESSION,
} as const satisfies Column;
/** A row of a session names it by these in an archive line. */
export const OF_SESSION = {
  source: { from: "s.source", line: "source" },
  session_id: { from: "s.source_session_id", line: "text" },
} as const satisfies Record<string, Column>;
export const JOIN = "join sessions s using (session_pk)";

const maybeText = { sql: "text", line: "maybe_text", digest: true } as const;
const time = { sql: "integer", line: "maybe_int", digest: true } as const;

export const SESSIONS = table({
  name: "sessions",
  columns: {
    session_pk: { sql: "integer primary key" },
    source: { sql: "text not null", line: "source", digest: true },
    source_session_id: { sql: "text not null", digest: true },
    session_id: OF_SESSION.session_id,
    project_path: { ...maybeText, merge: "first" },
    git_branch: { ...maybeText, merge: "first" },
    client_version: { ...maybeText, merge: "last" },
    entrypoint: { ...maybeText, merge: "first" },
    title: { ...maybeText, merge: "last" },
    // A path is not part of the recorded data.
    transcript_path: { sql: "text", line: "maybe_text", merge: "last" },
    started_unix_ms: { ...time, merge: "least" },
    /** Last sign of life. */
    last_unix_ms: { ...time, merge: "most" },
    ended_unix_ms: { ...time, merge: "most" },
    end_reason: { ...maybeText, merge: "last" },
    /** The session that it was forked from, or of which it is a sub-agent (Codex). */
    parent_session_id: { ...maybeText, merge: "first" },
    relation: { sql: "text", line: "relation", digest: true, merge: "first" },
    /** The operator's alias of the account that owns its folder; null = the account without an alias. */
    account: { ...maybeText, merge: "last", since: 5 },
    /** Context window of the model of its main thread, as the client reports it. */
    context_window_tokens: { ...time, merge: "last", since: 13 },
  },
  constraints: "unique (source, source_session_id)",
  indexes: { sessions_last: "(last_unix_ms)", sessions_project: "(project_path)" },
  archive: { kind: "session", alias: "s", pk: "session_pk", by: "mark" },
});

export const AGENTS = table({
  name: "agents",
  columns: {
    session_pk: SESSION_PK,
    ...OF_SESSION,
    agent_id: { sql: "text not null", line: "text", digest: true },
    agent_type: { ...maybeText, merge: "last" },
    description: { ...maybeText, merge: "last" },
    /** The tool call that started it. */
    tool_use_id: { ...maybeText, merge: "last" },
    depth: { ...time, merge: "last" },
    started_unix_ms: { ...time, merge: "least" },
    ended_unix_ms: { ...time, merge: "most" },
  },
  constraints: "primary key (session_pk, agent_id)",
  without_rowid: true,
  archive: {
    kind: "agent",
    join: JOIN,
    alias: "a",
    pk: "session_pk",
    key: "agent_id",
    by: "row",
  },
});

export const TURNS = table({
  name: "turns",
  columns: {
    session_pk: SESSION_PK,
    ...OF_SESSION,
    prompt_id: { sql: "text not null", line: "text", digest: true },
    started_unix_ms: { ...time, merge: "least" },
    ended_unix_ms: { ...time, merge: "most" },
    /** At most 500 characters. */
    prompt: { ...maybeText, merge: "first" },
  },
  constraints: "primary key (session_pk, prompt_id)",
  without_rowid: true,
  indexes: { turns_time: { on: "(coalesce(started_unix_ms, ended_unix_ms))", since: 17 } },
  archive: {
    kind: "turn",
    join: JOIN,
    alias: "t",
    pk: "session_pk",
    key: "prompt_id",
    by: "row",
  },
});

/** Calls that may open a pull request or commit, as SQL: a split by either reads no other call. */
export const PULL_REQUEST_CALL = "(instr(summary, 'gh pr ') > 0 or instr(summary, 'glab mr ') > 0)";
export const COMMIT_CALL = "instr(summary, 'git') > 0 and instr(summary, ' commit') > 0";

export const TOOL_CALLS = table({
  name: "tool_calls",
  columns: {
    tool_pk: { sql: "integer primary key" },
    ...OF_SESSION,
    /** `claude:<tool_use_id>`, `codex:<thread>:<call_id>`. */
    tool_key: { sql: "text not null", line: "id", digest: true },
    session_pk: { ...SESSION_PK, changes: true },
    agent_id: { sql: "text not null", line: "text", digest: true, changes: true },
    tool_use_id: { sql: "text not null", line: "text", digest: true },
    tool_name: { ...maybeText, changes: true },
    prompt_id: { ...maybeText, changes: true },
    started_unix_ms: { ...time, changes: true },
    ended_unix_ms: { ...time, changes: true },
    /** The client's own measure (without permission and hook time) overrides the difference of two clocks. */
    duration_ms: { sql: "integer", line: "maybe_number", digest: true, changes: true },
    outcome: { sql: "text not null", line: "outcome", digest: true, changes: true },
    /** At most 200 characters that show what it did: a command, a path, a pattern. */
    summary: { ...maybeText, changes: true },
    /** At most 500 characters. */
    error: { ...maybeText, changes: true },
    owner_rank: { sql: "text not null default ''", line: "text", changes: true },
    // The last row of `tool_decisions` for this key, copied to the call: every query about calls needs it.
    decision: { sql: "text", since: 13 },
    decided_by: { sql: "text", since: 13 },
  },
  indexes: {
    tool_calls_key: "unique (tool_key)",
    // In the order of a session's turns: which of them used which tool is read from the index alone.
    tool_calls_session: "(session_pk, prompt_id, started_unix_ms, tool_name, outcome)",
    tool_calls_failed: { on: "(session_pk, tool_use_id) where outcome = 'failed'", since: 15 },
    tool_calls_running: { on: "(session_pk, started_unix_ms) where outcome = 'running'", since: 16 },
    tool_calls_rejected: { on: "(session_pk) where outcome = 'rejected'", since: 16 },
    tool_calls_pulls: { on: `(session_pk) where ${PULL_REQUEST_CALL}`, since: 15 },
    tool_calls_commits: { on: `(session_pk) where ${COMMIT_CALL}`, since: 15 },
    tool_calls_time: { on: "(coalesce(ended_unix_ms, started_unix_ms), outcome)", since: 17 },
    tool_calls_tool: "(tool_name, started_unix_ms, outcome, session_pk, duration_ms, decision, decided_by)",
  },
  archive: { kind: "tool_call", join: JOIN, alias: "c", pk: "tool_pk", by: "mark" },
});
