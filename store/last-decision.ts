/**
 * The decision on a call. Telemetry and transcripts come in any order, so both their writers set it. A rule may ask a
 * person, who then decides: the last decision counts. Of two at one moment the order of their names decides, so that
 * the order of reading does not matter.
 */
export const DECIDE_ONE = `update tool_calls set (decision, decided_by) = (
  select l.decision, l.decided_by from tool_decisions l where l.tool_key = tool_calls.tool_key
  order by l.time_unix_ms desc, l.decision, l.decided_by limit 1) where tool_key = ?`;
