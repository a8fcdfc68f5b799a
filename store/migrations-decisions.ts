/** A step of the schema that `migrations.ts` lists: each call has its decision, and the index covers it. */
export const CALL_DECISIONS = `
update tool_calls set (decision, decided_by) = (
  select l.decision, l.decided_by from tool_decisions l where l.tool_key = tool_calls.tool_key
  order by l.time_unix_ms desc, l.decision, l.decided_by limit 1)
where exists (select 1 from tool_decisions limit 1);
drop index tool_calls_tool;
create index tool_calls_tool on tool_calls
  (tool_name, started_unix_ms, outcome, session_pk, duration_ms, decision, decided_by);
create index tool_decisions_kind on tool_decisions (decision, decided_by);
`;
