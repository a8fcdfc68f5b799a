import { ARCHIVE_PENDING } from "./migrations-archive.ts";
import { CALL_DECISIONS } from "./migrations-decisions.ts";
import { CREDIT_RUNS_SO_FAR, HISTORY_INDEXES } from "./migrations-feed.ts";
import { CREDITS, TOTALS } from "./migrations-totals.ts";
import { TURN_SUMS } from "./migrations-turns.ts";
import { UNCERTAIN_SUMS } from "./migrations-uncertain.ts";
import { declaredSteps } from "./table-steps.ts";
import { TEXT_INDEX } from "./tables/texts.ts";
import { TABLES } from "./tables.ts";

/**
 * The schema, one step per released change; a step never changes once it has shipped. The first are written out; those
 * after them follow from the declarations of `tables.ts`, where a new table or column carries its version (`since`).
 * `seq` is one sequence over `events` and `requests`: an `api_response` is its `requests` row and is
 * stored once. The view `feed` shows both as events.
 */
export const APPLICATION_ID = 0x48414c4c; // "HALL"

/** SQL of a version in addition to its tables and columns: data updates, views, virtual tables. */
const MORE: Readonly<Record<number, string>> = {
  6: UNCERTAIN_SUMS,
  // A call that is in no file names its origin.
  8: `
drop view feed;
create view feed as
select seq, event_id, session_pk, event_type, source, origin, time_unix_ms, agent_id, prompt_id,
  tool_name, tool_use_id, data, null as model
from events
union all
select seq, request_key, session_pk, 'api_response', source,
  case when origin = 'otlp' then 'otlp' when source = 'codex' then 'rollout' else 'transcript' end, time_unix_ms,
  agent_id, prompt_id, null, null, null, model
from requests;
`,
  9: TEXT_INDEX,
  10: "create index requests_hidden on requests (session_pk) where origin is not null;",
  // Events are listed by their own time, and how long a tool takes is read from the index alone.
  11: `
drop index events_type;
create index events_type on events (event_type, time_unix_ms);
drop index events_tool;
create index events_tool on events (tool_name, time_unix_ms) where tool_name is not null;
drop index tool_calls_tool;
create index tool_calls_tool on tool_calls (tool_name, started_unix_ms, outcome, session_pk, duration_ms);
`,
  13: CALL_DECISIONS,
  14: TURN_SUMS,
  // Rare properties of calls: failed, a commit, a pull request.
  15: `
create index tool_calls_failed on tool_calls (session_pk, tool_use_id) where outcome = 'failed';
create index tool_calls_pulls on tool_calls (session_pk)
  where (instr(summary, 'gh pr ') > 0 or instr(summary, 'glab mr ') > 0);
create index tool_calls_commits on tool_calls (session_pk)
  where instr(summary, 'git') > 0 and instr(summary, ' commit') > 0;
`,
  // For activities and lists of sessions: running calls, newest first, and denied ones.
  16: `
create index tool_calls_running on tool_calls (session_pk, started_unix_ms) where outcome = 'running';
create index tool_calls_rejected on tool_calls (session_pk) where outcome = 'rejected';
`,
  17: HISTORY_INDEXES,
  18: CREDIT_RUNS_SO_FAR,
};

const WRITTEN: readonly string[] = [
  `
create table meta (key text primary key, value text not null) without rowid;

create table sessions (
  session_pk integer primary key,
  source text not null,
  source_session_id text not null,
  project_path text,
  git_branch text,
  client_version text,
  entrypoint text,
  title text,
  transcript_path text,
  started_unix_ms integer,
  last_unix_ms integer,
  ended_unix_ms integer,
  end_reason text,
  parent_session_id text,
  relation text,
  unique (source, source_session_id)
);
create index sessions_last on sessions (last_unix_ms);
create index sessions_project on sessions (project_path);

create table files (
  file_pk integer primary key,
  path text not null unique,
  source text not null,
  inode integer not null,
  birth_unix_ms integer not null,
  size_bytes integer not null,
  mtime_unix_ms integer not null,
  offset integer not null,
  fingerprint text not null,
  state text not null,
  parser_state text not null
);
create index files_inode on files (inode);

create table events (
  seq integer primary key,
  event_id text not null unique,
  session_pk integer not null references sessions,
  event_type text not null,
  source text not null,
  origin text not null,
  time_unix_ms integer not null,
  agent_id text,
  prompt_id text,
  tool_name text,
  tool_use_id text,
  data text not null
);
create index events_session on events (session_pk, seq);
create index events_type on events (event_type, seq);
create index events_time on events (time_unix_ms);
create index events_tool on events (tool_name, seq) where tool_name is not null;

create table requests (
  seq integer primary key,
  request_key text not null,
  parent_key text,
  session_pk integer not null references sessions,
  agent_id text not null,
  prompt_id text,
  response_id text not null,
  provider_request_id text not null,
  source text not null,
  time_unix_ms integer not null,
  model text not null,
  uncached_input_tokens integer not null,
  cache_creation_5m_input_tokens integer not null,
  cache_creation_1h_input_tokens integer not null,
  cache_read_input_tokens integer not null,
  output_tokens integer not null,
  reasoning_output_tokens integer not null,
  web_search_requests integer not null,
  service_tier text not null,
  speed text not null,
  inference_geo text not null,
  flags integer not null,
  price_id text,
  input_nano_usd integer,
  cache_creation_5m_nano_usd integer,
  cache_creation_1h_nano_usd integer,
  cache_read_nano_usd integer,
  output_nano_usd integer,
  web_search_nano_usd integer,
  cost_nano_usd integer,
  recorded_cost_nano_usd integer,
  owner_rank text not null,
  file_pk integer references files,
  offset integer not null
);
create unique index requests_key on requests (request_key);
create index requests_session on requests (session_pk, seq);
create index requests_time on requests (time_unix_ms);
create index requests_parent on requests (parent_key) where parent_key is not null;
create index requests_unpriced on requests (model) where cost_nano_usd is null;

create table request_copies (
  request_key text not null,
  session_pk integer not null references sessions,
  primary key (request_key, session_pk)
) without rowid;
create index request_copies_session on request_copies (session_pk);

create table tool_calls (
  tool_pk integer primary key,
  tool_key text not null,
  session_pk integer not null references sessions,
  agent_id text not null,
  tool_use_id text not null,
  tool_name text,
  prompt_id text,
  started_unix_ms integer,
  ended_unix_ms integer,
  duration_ms integer,
  outcome text not null,
  summary text,
  error text,
  owner_rank text not null default ''
);
create unique index tool_calls_key on tool_calls (tool_key);
create index tool_calls_session on tool_calls (session_pk, outcome);
create index tool_calls_tool on tool_calls (tool_name, started_unix_ms, outcome, session_pk);

create table agents (
  session_pk integer not null references sessions,
  agent_id text not null,
  agent_type text,
  description text,
  tool_use_id text,
  depth integer,
  started_unix_ms integer,
  ended_unix_ms integer,
  primary key (session_pk, agent_id)
) without rowid;

create table turns (
  session_pk integer not null references sessions,
  prompt_id text not null,
  started_unix_ms integer,
  ended_unix_ms integer,
  prompt text,
  primary key (session_pk, prompt_id)
) without rowid;

create table rate_limit_samples (
  sample_pk integer primary key,
  sample_id text not null unique,
  source text not null,
  origin text not null,
  account text not null,
  limit_id text not null,
  window text not null,
  window_minutes integer,
  used_percent real not null,
  resets_at_unix_ms integer,
  time_unix_ms integer not null,
  session_id text not null
);
create index rate_limit_samples_time on rate_limit_samples (source, account, limit_id, window, time_unix_ms);

create table rejects (
  reject_pk integer primary key,
  source text not null,
  path text not null,
  offset integer not null,
  length_bytes integer not null,
  reason text not null,
  detail text not null,
  time_unix_ms integer not null,
  unique (path, offset, reason)
);

-- Sums per quarter hour: every IANA zone of today is cut on a quarter, so any zone's days add up from these.
create table usage_rollup (
  bucket_unix_ms integer not null,
  session_pk integer not null,
  agent_id text not null,
  model text not null,
  requests integer not null,
  uncached_input_tokens integer not null,
  cache_creation_5m_input_tokens integer not null,
  cache_creation_1h_input_tokens integer not null,
  cache_read_input_tokens integer not null,
  output_tokens integer not null,
  reasoning_output_tokens integer not null,
  web_search_requests integer not null,
  cost_nano_usd integer not null,
  unpriced_requests integer not null,
  unpriced_tokens integer not null,
  primary key (bucket_unix_ms, session_pk, agent_id, model)
) without rowid;
create index usage_rollup_session on usage_rollup (session_pk);

create table event_rollup (
  bucket_unix_ms integer not null,
  session_pk integer not null,
  event_type text not null,
  tool_name text not null,
  events integer not null,
  primary key (bucket_unix_ms, session_pk, event_type, tool_name)
) without rowid;
create index event_rollup_session on event_rollup (session_pk);

create table ignored_lines (
  source text not null,
  kind text not null,
  lines integer not null,
  primary key (source, kind)
) without rowid;

create view feed as
select seq, event_id, session_pk, event_type, source, origin, time_unix_ms, agent_id, prompt_id,
  tool_name, tool_use_id, data, null as model
from events
union all
select seq, request_key, session_pk, 'api_response', source,
  case source when 'codex' then 'rollout' else 'transcript' end, time_unix_ms, agent_id, prompt_id,
  null, null, null, model
from requests;
`,
  ARCHIVE_PENDING,
  TOTALS,
  CREDITS,
];

export const MIGRATIONS: readonly string[] = [...WRITTEN, ...declaredSteps(TABLES, WRITTEN.length, MORE)];
