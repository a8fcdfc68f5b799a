/** Calls and prompts by their own time, and whether an event holds them already. */
export const HISTORY_INDEXES = `
create index tool_calls_time on tool_calls (coalesce(ended_unix_ms, started_unix_ms), outcome);
create index turns_time on turns (coalesce(started_unix_ms, ended_unix_ms));
create index events_call on events (tool_use_id) where tool_use_id is not null;
create index events_prompt on events (session_pk, prompt_id, time_unix_ms) where event_type = 'prompt_submitted';
`;

export const CREDIT_RUNS_SO_FAR = `
insert into credit_runs (source, account, limit_id, time_unix_ms, last_unix_ms, has_credits, is_unlimited, balance)
select source, account, limit_id, time_unix_ms, time_unix_ms, has_credits, is_unlimited, balance from credit_readings;
`;
