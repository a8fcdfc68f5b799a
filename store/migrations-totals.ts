/** Steps of the schema that `migrations.ts` lists. */
export const TOTALS = `
-- What the rollups add up to over all time, so that a scrape need not.
create table usage_totals (
  source text not null,
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
  primary key (source, model)
) without rowid;
create table event_totals (
  source text not null,
  event_type text not null,
  events integer not null,
  primary key (source, event_type)
) without rowid;
insert into usage_totals select s.source, u.model, sum(u.requests), sum(u.uncached_input_tokens), sum(u.cache_creation_5m_input_tokens),
  sum(u.cache_creation_1h_input_tokens), sum(u.cache_read_input_tokens), sum(u.output_tokens), sum(u.reasoning_output_tokens),
  sum(u.web_search_requests), sum(u.cost_nano_usd), sum(u.unpriced_requests), sum(u.unpriced_tokens)
  from usage_rollup u join sessions s using (session_pk) group by 1, 2;
insert into event_totals select s.source, e.event_type, sum(e.events)
  from event_rollup e join sessions s using (session_pk) group by 1, 2;
`;

export const CREDITS = `
-- The newest reading of what an account has bought beside its windows.
create table credit_readings (
  source text not null,
  account text not null,
  limit_id text not null,
  has_credits integer not null,
  is_unlimited integer not null,
  balance real,
  time_unix_ms integer not null,
  primary key (source, account, limit_id)
) without rowid;
`;
