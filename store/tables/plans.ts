import { type Column, table } from "../table.ts";
import { SESSION } from "./sessions.ts";

/** The version of the schema that brought plans. */
const since = 7;

const text = { sql: "text not null", line: "text", digest: true, changes: true } as const;
const count = { sql: "integer not null", line: "count", digest: true, changes: true } as const;
const time = { sql: "integer", line: "maybe_int", digest: true, changes: true } as const;
const maybeText = { sql: "text", line: "maybe_text", digest: true, changes: true } as const;
/** Empty if the session is unknown. */
const OF_SESSION = {
  session_pk: { sql: "integer references sessions", digest: SESSION, changes: true },
  session_key: { from: SESSION, line: "maybe_text" },
} as const satisfies Record<string, Column>;
const OF_PLAN = {
  plan_pk: { sql: "integer not null references plans", digest: "p.plan_key" },
  plan_key: { from: "p.plan_key", line: "id" },
} as const satisfies Record<string, Column>;

/** A plan and what the next scan compares it with. */
export const PLANS = table({
  name: "plans",
  since,
  columns: {
    plan_pk: { sql: "integer primary key" },
    plan_key: { sql: "text not null unique", line: "id", digest: true },
    project_path: text,
    name: text,
    /** Earlier names, as a JSON list. */
    aliases: text,
    path: { sql: "text not null", line: "text", changes: true },
    place: text,
    state: text,
    ...OF_SESSION,
    created_unix_ms: time,
    started_unix_ms: time,
    ended_unix_ms: time,
    /** Time of the latest observed change. */
    changed_unix_ms: time,
    revisions: count,
    rounds: count,
    completions: count,
    pr_url: maybeText,
    manifest_inode: { sql: "integer", changes: true },
    manifest_hash: maybeText,
  },
  indexes: { plans_project: "(project_path)" },
  archive: {
    kind: "plan",
    alias: "p",
    join: "left join sessions s on s.session_pk = p.session_pk",
    pk: "plan_pk",
    by: "mark",
  },
});

export const PLAN_FEATURES = table({
  name: "plan_features",
  since,
  columns: {
    feature_pk: { sql: "integer primary key" },
    ...OF_PLAN,
    feature_id: { sql: "text not null", line: "text", digest: true },
    /** Line in the manifest from 0; -1 = no longer in it. */
    position: { sql: "integer not null", line: "int", digest: true, changes: true },
    layer: count,
    description: text,
    file: text,
    /** JSON lists. */
    depends_on: text,
    edge_cases: text,
    decisions: text,
    verification: text,
    status: text,
    /** How often it was begun. */
    attempt: count,
    changed_unix_ms: time,
  },
  constraints: "unique (plan_pk, feature_id)",
  archive: {
    kind: "plan_feature",
    alias: "f",
    join: "join plans p on p.plan_pk = f.plan_pk",
    pk: "feature_pk",
    by: "mark",
  },
});

/** Each attempt at a feature. */
export const PLAN_ATTEMPTS = table({
  name: "plan_attempts",
  since,
  columns: {
    attempt_pk: { sql: "integer primary key" },
    ...OF_PLAN,
    feature_id: { sql: "text not null", line: "text", digest: true },
    attempt: { sql: "integer not null", line: "count", digest: true },
    ...OF_SESSION,
    started_unix_ms: { sql: "integer not null", line: "int", digest: true, changes: true },
    ended_unix_ms: time,
    /** completed, failed or reset; null while in progress. */
    outcome: maybeText,
    start_quality: text,
    end_quality: maybeText,
  },
  constraints: "unique (plan_pk, feature_id, attempt)",
  indexes: { plan_attempts_session: "(session_pk)" },
  archive: {
    kind: "plan_attempt",
    alias: "a",
    join: "join plans p on p.plan_pk = a.plan_pk left join sessions s on s.session_pk = a.session_pk",
    pk: "attempt_pk",
    by: "mark",
  },
});
