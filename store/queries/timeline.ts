import type { Database } from "bun:sqlite";
import type { EventType, Origin } from "../../schema/events.ts";
import type { ToolOutcome } from "../../schema/row-values.ts";
import type { Usage } from "../../schema/usage.ts";
import { INPUT_FIELDS, USAGE_FIELDS } from "../../schema/usage-kinds.ts";
import { isBookkeepingHook } from "./question-hooks.ts";

/** Place of an item: by time, then in the order turn, agent, request, tool, event. */
export type Place = { t: number; rank: number; id: string | number };
export type TurnRow = {
  prompt_id: string;
  started_unix_ms: number | null;
  ended_unix_ms: number | null;
  prompt: string | null;
};
export type TimelineRequestRow = Usage & {
  seq: number;
  request_key: string;
  time_unix_ms: number;
  agent_id: string;
  prompt_id: string | null;
  model: string;
  cost_nano_usd: number | null;
  flags: number;
};
export type ToolCallRow = {
  tool_pk: number;
  tool_key: string;
  agent_id: string;
  tool_use_id: string;
  tool_name: string | null;
  prompt_id: string | null;
  started_unix_ms: number | null;
  ended_unix_ms: number | null;
  duration_ms: number | null;
  outcome: ToolOutcome;
  summary: string | null;
  error: string | null;
  decision: string | null;
  decided_by: string | null;
};
export type TimelineEventRow = {
  seq: number;
  event_type: EventType;
  origin: Origin;
  time_unix_ms: number;
  agent_id: string | null;
  prompt_id: string | null;
  tool_name: string | null;
  data: string;
};

/** Filter of a timeline: ranks, and whether only failed items. */
export type Only = { ranks?: number[] | undefined; failed?: boolean | undefined };
export type OutlineRow = Place & { agent_id: string; failed: number };
export type OutlineRequest = {
  seq: number;
  agent_id: string;
  time_unix_ms: number;
  cost_nano_usd: number | null;
  input_tokens: number;
};

const FAILED = 1;
/** A person, a rule or the classifier refused it: shown with failed items, and counted separately. */
export const DENIED = 2;

/** Events of rows (a tool call, a turn, an agent) are not shown a second time. */
const PLACES = `
  select coalesce(started_unix_ms, ended_unix_ms, 0) as t, 0 as rank, prompt_id as id, '' as agent_id, 0 as failed
  from turns where session_pk = $pk
  union all select coalesce(started_unix_ms, ended_unix_ms,
      (select min(time_unix_ms) from requests r where r.session_pk = $pk and r.agent_id = agents.agent_id), 0),
    1, agent_id, agent_id, 0 from agents where session_pk = $pk
  union all select time_unix_ms, 2, seq, agent_id, 0 from requests where session_pk = $pk
  union all select coalesce(started_unix_ms, ended_unix_ms, 0), 3, tool_pk, agent_id,
    case outcome when 'failed' then ${FAILED} when 'rejected' then ${DENIED} else 0 end from tool_calls where session_pk = $pk
  union all select time_unix_ms, 4, seq, coalesce(agent_id, ''),
    case when event_type in ('tool_failed', 'api_error') then ${FAILED} when event_type = 'tool_rejected' then ${DENIED} else 0 end
    from events where session_pk = $pk
    and event_type not in ('usage_updated', 'ownership_changed', 'api_response') and not ${isBookkeepingHook("events")}
    and not (event_type in ('tool_started', 'tool_completed', 'tool_failed', 'tool_rejected') and tool_use_id is not null
      and tool_use_id in (select tool_use_id from tool_calls where session_pk = $pk))
    and not (event_type in ('prompt_submitted', 'turn_ended') and prompt_id is not null
      and prompt_id in (select prompt_id from turns where session_pk = $pk))
    and not (event_type in ('agent_started', 'agent_stopped') and agent_id is not null
      and agent_id in (select agent_id from agents where session_pk = $pk))`;

type Page = {
  pk: number;
  t: number;
  rank: number;
  id: string | number;
  agent_id: string | null;
  ranks: string | null;
  failed: number;
  limit: number;
  offset: number;
};
type PageOf = Only & { agent_id?: string | undefined; limit: number; offset?: number | undefined };

export function timelineQueries(db: Database) {
  const page = db.query<Place, Page>(
    `select t, rank, id from (${PLACES}) where (t, rank, id) > ($t, $rank, $id)
      and ($agent_id is null or agent_id = $agent_id)
      and ($ranks is null or rank in (select value from json_each($ranks))) and failed >= $failed
      order by t, rank, id limit $limit offset $offset`,
  );
  return {
    /** Places of the items after `after`, oldest first. */
    placesAfter: (pk: number, after: Place | undefined, scope: PageOf) =>
      page.all({
        pk,
        ...(after ?? { t: -1, rank: -1, id: "" }),
        agent_id: scope.agent_id ?? null,
        ranks: scope.ranks === undefined ? null : JSON.stringify(scope.ranks),
        failed: scope.failed ? 1 : 0,
        limit: scope.limit,
        offset: scope.offset ?? 0,
      }),
    outlineOf: outlineQuery(db),
    ...itemQueries(db),
  };
}

/** Every place of a session, oldest first, and the data drawn next to them. */
function outlineQuery(db: Database) {
  const places = db.query<OutlineRow, { pk: number }>(
    `select t, rank, id, agent_id, failed from (${PLACES}) order by t, rank, id`,
  );
  const requests = db.query<OutlineRequest, [number]>(`
    select seq, agent_id, time_unix_ms, cost_nano_usd, ${INPUT_FIELDS.join(" + ")} as input_tokens
    from requests where session_pk = ?`);
  const calls = db.query<{ tool_pk: number; tool_use_id: string }, [number]>(
    "select tool_pk, tool_use_id from tool_calls where session_pk = ?",
  );
  const turns = db.query<TurnRow, [number]>(
    "select prompt_id, started_unix_ms, ended_unix_ms, prompt from turns where session_pk = ?",
  );
  const marks = db.query<{ seq: number; event_type: EventType }, [number]>(`
    select seq, event_type from events
    where session_pk = ? and event_type in ('permission_requested', 'compaction_completed')`);
  return (pk: number) => ({
    places: places.all({ pk }),
    requests: requests.all(pk),
    calls: calls.all(pk),
    turns: turns.all(pk),
    marks: marks.all(pk),
  });
}

const LISTED = "in (select value from json_each(?))";

/** The items of a page by what their places name. */
function itemQueries(db: Database) {
  const turns = db.query<TurnRow, [string, number]>(
    `select prompt_id, started_unix_ms, ended_unix_ms, prompt from turns where prompt_id ${LISTED} and session_pk = ?`,
  );
  const requests = db.query<TimelineRequestRow, [string]>(`
    select seq, request_key, time_unix_ms, agent_id, prompt_id, model, cost_nano_usd, flags,
      ${USAGE_FIELDS.join(", ")}
    from requests where seq ${LISTED}`);
  const calls = db.query<ToolCallRow, [string]>(`
    select tool_pk, tool_key, agent_id, tool_use_id, tool_name, prompt_id, started_unix_ms, ended_unix_ms,
      duration_ms, outcome, summary, error, decision, decided_by
    from tool_calls where tool_pk ${LISTED}`);
  const events = db.query<TimelineEventRow, [string]>(`
    select seq, event_type, origin, time_unix_ms, agent_id, prompt_id, tool_name, data from events where seq ${LISTED}`);
  return {
    turnsOf: (pk: number, ids: string[]) => turns.all(JSON.stringify(ids), pk),
    requestsOf: (seqs: number[]) => requests.all(JSON.stringify(seqs)),
    toolCallsOf: (pks: number[]) => calls.all(JSON.stringify(pks)),
    eventsOf: (seqs: number[]) => events.all(JSON.stringify(seqs)),
  };
}
