import type { Database } from "bun:sqlite";
import type { EventType } from "../../schema/event-catalogue.ts";

export type WaitingRow = {
  session_key: string;
  project_path: string | null;
  event_type: EventType;
  since_unix_ms: number;
  tool_name: string | null;
  data: string;
};

/** A question that is older is answered or forgotten. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

const IS_QUESTION =
  "json_extract(data, '$.notification_type') in ('permission_prompt', 'elicitation_dialog')";

/**
 * Sessions that have asked a person and got no sign of an answer since: the last thing that their hooks reported is
 * a permission request, or a notification about one.
 */
export function waitingQueries(db: Database) {
  const waiting = db.query<WaitingRow, { since: number; limit: number }>(`
    with last as (
      select session_pk, max(seq) as seq from events
      where origin = 'hook' and time_unix_ms >= $since and event_type <> 'hook_other'
        and (event_type <> 'notification' or ${IS_QUESTION})
      group by session_pk)
    select s.source || ':' || s.source_session_id as session_key, s.project_path, e.event_type,
      e.time_unix_ms as since_unix_ms, e.tool_name, e.data
    from last join events e using (seq) join sessions s on s.session_pk = e.session_pk
    where e.event_type in ('permission_requested', 'notification') and s.source_session_id not like 'doctor-%'
      and not (s.ended_unix_ms is not null and s.ended_unix_ms >= e.time_unix_ms)
    order by e.time_unix_ms limit $limit`);
  return {
    /** Longest first. */
    now: (now_unix_ms: number, limit: number): WaitingRow[] =>
      waiting.all({ since: now_unix_ms - LONGEST_MS, limit }),
  };
}
