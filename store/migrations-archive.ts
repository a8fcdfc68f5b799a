/** A step of the schema that `migrations.ts` lists. */
export const ARCHIVE_PENDING = `
-- Rows without a seq that the archive has yet to say, or to say again. New sessions and tool calls are found by
-- their number (the marks in meta); only what changes after that is written down here. The triggers ask before
-- they insert: inside an upsert SQLite forgets a trigger's own "or ignore", and the row itself would be refused.
create table archive_pending (
  kind text not null,
  row_pk integer not null,
  key text not null,
  primary key (kind, row_pk, key)
) without rowid;

create trigger archive_request after update on requests begin
  insert into archive_pending select 'request', new.seq, ''
    where not exists (select 1 from archive_pending where kind = 'request' and row_pk = new.seq and key = '');
end;
create trigger archive_copy after insert on request_copies begin
  insert into archive_pending select 'copy', new.session_pk, new.request_key
    where not exists (select 1 from archive_pending where kind = 'copy' and row_pk = new.session_pk and key = new.request_key);
end;
create trigger archive_session after update on sessions
  when new.session_pk <= (select cast(value as integer) from meta where key = 'archived_session')
    and (new.project_path, new.git_branch, new.client_version, new.entrypoint, new.title, new.transcript_path,
      new.started_unix_ms, new.last_unix_ms, new.ended_unix_ms, new.end_reason, new.parent_session_id, new.relation)
    is not (old.project_path, old.git_branch, old.client_version, old.entrypoint, old.title, old.transcript_path,
      old.started_unix_ms, old.last_unix_ms, old.ended_unix_ms, old.end_reason, old.parent_session_id, old.relation)
begin
  insert into archive_pending select 'session', new.session_pk, ''
    where not exists (select 1 from archive_pending where kind = 'session' and row_pk = new.session_pk and key = '');
end;
create trigger archive_tool_call after update on tool_calls
  when new.tool_pk <= (select cast(value as integer) from meta where key = 'archived_tool_call')
    and (new.session_pk, new.agent_id, new.tool_name, new.prompt_id, new.started_unix_ms, new.ended_unix_ms,
      new.duration_ms, new.outcome, new.summary, new.error, new.owner_rank)
    is not (old.session_pk, old.agent_id, old.tool_name, old.prompt_id, old.started_unix_ms, old.ended_unix_ms,
      old.duration_ms, old.outcome, old.summary, old.error, old.owner_rank)
begin
  insert into archive_pending select 'tool_call', new.tool_pk, ''
    where not exists (select 1 from archive_pending where kind = 'tool_call' and row_pk = new.tool_pk and key = '');
end;
create trigger archive_agent_new after insert on agents begin
  insert into archive_pending select 'agent', new.session_pk, new.agent_id
    where not exists (select 1 from archive_pending where kind = 'agent' and row_pk = new.session_pk and key = new.agent_id);
end;
create trigger archive_agent after update on agents
  when (new.agent_type, new.description, new.tool_use_id, new.depth, new.started_unix_ms, new.ended_unix_ms)
    is not (old.agent_type, old.description, old.tool_use_id, old.depth, old.started_unix_ms, old.ended_unix_ms)
begin
  insert into archive_pending select 'agent', new.session_pk, new.agent_id
    where not exists (select 1 from archive_pending where kind = 'agent' and row_pk = new.session_pk and key = new.agent_id);
end;
create trigger archive_turn_new after insert on turns begin
  insert into archive_pending select 'turn', new.session_pk, new.prompt_id
    where not exists (select 1 from archive_pending where kind = 'turn' and row_pk = new.session_pk and key = new.prompt_id);
end;
create trigger archive_turn after update on turns
  when (new.started_unix_ms, new.ended_unix_ms, new.prompt) is not (old.started_unix_ms, old.ended_unix_ms, old.prompt)
begin
  insert into archive_pending select 'turn', new.session_pk, new.prompt_id
    where not exists (select 1 from archive_pending where kind = 'turn' and row_pk = new.session_pk and key = new.prompt_id);
end;

-- What was there before this table is said once.
insert into archive_pending select 'agent', session_pk, agent_id from agents;
insert into archive_pending select 'turn', session_pk, prompt_id from turns;
insert into archive_pending select 'copy', session_pk, request_key from request_copies;
`;
