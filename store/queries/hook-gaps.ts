import type { Database } from "bun:sqlite";
import { sqlNames, vendorsWith } from "../../schema/vendors.ts";
import { dataPath } from "../data-path.ts";

/** Hook events of a session, and the number of facts in its transcript without their hook event. */
export type HookGaps = { events: number; missing: number };

/** Tolerance: a hook's record and the line of the same moment are read one after the other. */
const SETTLED_MS = 10_000;
type Params = { pk: number | null; since: number; settled: number };

/**
 * Counts calls that began after the session's first hook event without one of their own, and API errors that ended a
 * turn without its hook. A client sends no hook for a call that it refuses to run, or when a person denies or presses
 * Esc, so no other turn counts.
 */
const GAPS = `
  with alive as (
    select session_pk from sessions where source in (${sqlNames(vendorsWith("hooks_every_call"))}) and ($pk is null or session_pk = $pk)
      and coalesce(last_unix_ms, 0) >= $since and source_session_id not like 'doctor-%'),
  hooks as materialized (
    select session_pk, time_unix_ms, event_type, tool_use_id from alive join events using (session_pk)
    where origin = 'hook'),
  seen as (select session_pk, min(time_unix_ms) as since, count(*) as events from hooks group by 1),
  named as materialized (select distinct session_pk, tool_use_id from hooks where tool_use_id is not null),
  gaps as (
    select c.session_pk from seen join tool_calls c using (session_pk)
      left join named n on n.session_pk = c.session_pk and n.tool_use_id = c.tool_use_id
    where n.tool_use_id is null and c.started_unix_ms between seen.since and $settled
      and coalesce(c.error, '') not like '%tool_use_error%' and coalesce(c.error, '') not like '%InputValidationError%'
    union all
    select e.session_pk from seen join events e using (session_pk)
    where e.event_type = 'api_error' and e.origin = 'transcript' and e.agent_id is null
      and json_extract(e.data, ${dataPath("api_error", "retry_attempt")}) is null and e.time_unix_ms between seen.since and $settled
      and not exists (select 1 from hooks h where h.session_pk = e.session_pk and h.event_type = 'turn_ended'
        and h.time_unix_ms between e.time_unix_ms - 5000 and e.time_unix_ms + 30000))
  select events, (select count(*) from gaps g where g.session_pk = seen.session_pk) as missing from seen`;

export function hookGapQueries(db: Database) {
  const gaps = db.query<HookGaps, Params>(GAPS);
  return {
    /** Null for a session without hook events. */
    of: (session_pk: number, nowUnixMs: number): HookGaps | null =>
      gaps.get({ pk: session_pk, since: 0, settled: nowUnixMs - SETTLED_MS }),
    /** One entry for each session with hooks that was active since then. */
    since: (sinceUnixMs: number, nowUnixMs: number): HookGaps[] =>
      gaps.all({ pk: null, since: sinceUnixMs, settled: nowUnixMs - SETTLED_MS }),
  };
}
