import { recordOf } from "../../schema/record-of.ts";
import { type CostItem, PRICED_KINDS, USAGE_KINDS } from "../../schema/usage-kinds.ts";
import { SUM_NAMES, type Sums, UNCERTAIN_SQL } from "../sums.ts";
import { type Column, type Row, table } from "../table.ts";
import { JOIN, OF_SESSION, SESSION_PK } from "./sessions.ts";
import { isUsageField, usageColumns } from "./usage-columns.ts";

const money = { sql: "integer", line: "int_or_null", digest: true } as const;
const vendor = { sql: "text not null", line: "text_or_empty", digest: true } as const;

export type CostColumn = `${CostItem}_nano_usd`;
function costColumns(): Record<CostColumn, typeof money> {
  const columns = PRICED_KINDS.map(({ field, item }) => {
    const { since } = USAGE_KINDS[field];
    return [`${item}_nano_usd`, since > 1 ? { ...money, since } : money];
  });
  return Object.fromEntries(columns) as Record<CostColumn, typeof money>;
}
/** Cost of a request, by the price row that was used. */
const COST = {
  price_id: { sql: "text", line: "text_or_null", digest: true },
  ...costColumns(),
  cost_nano_usd: money,
} as const satisfies Record<string, Column>;
export const COST_FIELDS = Object.keys(COST) as (keyof typeof COST)[];

const mark = { sql: "text", line: "maybe_text", digest: true, since: 8 } as const;
const figure = { sql: "integer", line: "maybe_int", digest: true, since: 8 } as const;
/** The purpose of a request, as far as the client wrote it beside the response. */
const ATTRIBUTION = {
  /** Null if it is in the agent's own file; `otlp` or `client_total` if it is in no file. */
  origin: mark,
  /** The client's purpose for the call: `compact`, `auxiliary`, … */
  query_source: mark,
  skill: mark,
  plugin: mark,
  agent_type: mark,
  mcp_server: mark,
  mcp_tool: mark,
  effort: mark,
  thinking_ms: figure,
  /** Why the prompt cache was missed, and how many tokens that cost. */
  cache_miss_reason: mark,
  cache_missed_input_tokens: figure,
  /** The checked-out branch when the client checked; null = the session's. */
  git_branch: { ...mark, since: 12 },
} as const satisfies Record<string, Column>;
export const ATTRIBUTION_FIELDS = Object.keys(ATTRIBUTION) as (keyof typeof ATTRIBUTION)[];

export const REQUESTS = table({
  name: "requests",
  columns: {
    seq: { sql: "integer primary key", line: "seq" },
    /** Same response, same key, in whatever file it is found: `claude:msg_01…`, `codex:resp_…`. */
    request_key: { sql: "text not null", line: "id", digest: true },
    /** Set on what a request billed under a model of its own (advisor, API-side compaction). */
    parent_key: { sql: "text", line: "maybe_text", digest: true },
    session_pk: SESSION_PK,
    /** Empty on the main thread. */
    agent_id: vendor,
    prompt_id: { sql: "text", line: "maybe_text", digest: true },
    /** Vendor ids, for a comparison with an invoice or a log. */
    response_id: vendor,
    provider_request_id: vendor,
    source: { sql: "text not null", line: "source", digest: true },
    time_unix_ms: { sql: "integer not null", line: "int", digest: true },
    /** As the client wrote it; empty = unknown. */
    model: { sql: "text not null", line: "text", digest: true },
    ...usageColumns(),
    service_tier: vendor,
    speed: vendor,
    inference_geo: vendor,
    /** Bits of QUALITY_FLAGS. */
    flags: { sql: "integer not null", line: "count_or_0", digest: true },
    ...COST,
    /** The client's own figure of its cost, in nano-USD. */
    recorded_cost_nano_usd: { sql: "integer", line: "maybe_int", digest: true },
    owner_rank: { sql: "text not null", line: "maybe_text" },
    file_pk: { sql: "integer references files" },
    /** Byte offset of the line in the file from which it was read. */
    offset: { sql: "integer not null", line: "count_or_0", digest: true },
    ...ATTRIBUTION,
    session_id: OF_SESSION.session_id,
    project_path: { from: "s.project_path", line: "maybe_text" },
    path: { from: "f.path", line: "maybe_text" },
  },
  indexes: {
    requests_key: "unique (request_key)",
    requests_session: "(session_pk, seq)",
    requests_time: "(time_unix_ms)",
    requests_parent: "(parent_key) where parent_key is not null",
    requests_hidden: { on: "(session_pk) where origin is not null", since: 10 },
    requests_unpriced: "(model) where cost_nano_usd is null",
  },
  archive: {
    kind: "request",
    join: `${JOIN} left join files f using (file_pk)`,
    alias: "r",
    pk: "seq",
    by: "seq",
    always: true,
  },
});
export type RequestRow = Row<typeof REQUESTS>;

export const REQUEST_COPIES = table({
  name: "request_copies",
  columns: {
    ...OF_SESSION,
    request_key: { sql: "text not null", line: "text", digest: true },
    session_pk: SESSION_PK,
  },
  constraints: "primary key (request_key, session_pk)",
  without_rowid: true,
  indexes: { request_copies_session: "(session_pk)" },
  archive: {
    kind: "copy",
    join: JOIN,
    alias: "y",
    pk: "session_pk",
    key: "request_key",
    by: "row",
  },
});

/** The branches that the requests of a session name: where there is only one, none of the requests has to be read. */
export const SESSION_BRANCHES = table({
  name: "session_branches",
  columns: { session_pk: { sql: "integer not null" }, git_branch: { sql: "text not null" } },
  constraints: "primary key (session_pk, git_branch)",
  without_rowid: true,
  since: 12,
});

const sum = { sql: "integer not null" } as const;
const laterSum = { sql: "integer not null default 0" } as const;
function sumColumn(name: keyof Sums): Column {
  if (name in UNCERTAIN_SQL) return { ...laterSum, since: 6 };
  const since = isUsageField(name) ? USAGE_KINDS[name].since : 1;
  return since > 1 ? { ...laterSum, since } : sum;
}
const SUM_COLUMNS = recordOf(SUM_NAMES, sumColumn) as Record<keyof Sums, typeof sum>;

/** Sums per quarter hour: every current IANA zone is aligned to a quarter, so any zone's days add up from these. */
export const USAGE_ROLLUP = table({
  name: "usage_rollup",
  columns: {
    bucket_unix_ms: { sql: "integer not null" },
    session_pk: { sql: "integer not null" },
    agent_id: { sql: "text not null" },
    model: { sql: "text not null" },
    ...SUM_COLUMNS,
  },
  constraints: "primary key (bucket_unix_ms, session_pk, agent_id, model)",
  without_rowid: true,
  indexes: { usage_rollup_session: "(session_pk)" },
});

/** Fields of a request that are groups of `turn_rollup`; empty if not set. */
export const TURN_KEYS = ["skill", "plugin", "mcp_server", "agent_type", "effort"] as const;
export const ITEM_FIELDS = COST_FIELDS.filter(
  (name): name is CostColumn => name !== "price_id" && name !== "cost_nano_usd",
);
function itemColumn(name: CostColumn): Column {
  const { since = 1 }: Column = COST[name];
  return since > 1 ? { ...laterSum, since } : sum;
}
const TURN_COLUMNS = {
  prompt_id: { sql: "text not null" },
  agent_id: { sql: "text not null" },
  model: { sql: "text not null" },
  ...recordOf(TURN_KEYS, () => ({ sql: "text not null" }) as const),
} as const;

/** The same sums by turn and purpose: a split reads no request. */
export const TURN_ROLLUP = table({
  name: "turn_rollup",
  columns: {
    bucket_unix_ms: sum,
    session_pk: sum,
    ...TURN_COLUMNS,
    ...SUM_COLUMNS,
    ...(recordOf(ITEM_FIELDS, itemColumn) as Record<CostColumn, typeof sum>),
    /** Requests, and separately billed parts of them, with a price. */
    priced_entries: sum,
  },
  constraints: `primary key (bucket_unix_ms, session_pk, ${Object.keys(TURN_COLUMNS).join(", ")})`,
  without_rowid: true,
  indexes: { turn_rollup_session: "(session_pk)" },
  since: 14,
});

/** Totals of the rollups over all time, so that a scrape does not have to sum them. */
export const USAGE_TOTALS = table({
  name: "usage_totals",
  columns: { source: { sql: "text not null" }, model: { sql: "text not null" }, ...SUM_COLUMNS },
  constraints: "primary key (source, model)",
  without_rowid: true,
});
