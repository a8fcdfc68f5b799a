import type { Database } from "bun:sqlite";
import type { SourceName } from "../../schema/event-names.ts";
import type { FeedEvent } from "../../schema/events.ts";
import type { ToolOutcome } from "../../schema/row-values.ts";
import { flagBit } from "../../schema/usage.ts";
import { EVENT_ROWS, type EventRow, fromEvent } from "./feed-row.ts";

export type ActivitySession = {
  session_pk: number;
  source: SourceName;
  source_session_id: string;
  started_unix_ms: number | null;
  last_unix_ms: number | null;
  ended_unix_ms: number | null;
  title: string | null;
};
export type ActivityTool = {
  agent_id: string;
  tool_use_id: string;
  tool_name: string | null;
  summary: string | null;
  started_unix_ms: number | null;
  ended_unix_ms: number | null;
  outcome: ToolOutcome;
};
export type ActivityTurn = { started_unix_ms: number | null; ended_unix_ms: number | null };
export type ActivityAgent = { agent_id: string; started_unix_ms: number | null; last_unix_ms: number | null };
/** Newest times of the main thread's model responses and finished tool calls. */
export type ActivityTimes = { final_request: number; open_request: number; tool_end: number };

/**
 * The rows that determine the activity of a session. They are merged from every witness, so the order of arrival does
 * not matter.
 */
export type ActivityRows = {
  session: ActivitySession;
  turn: ActivityTurn | null;
  open_tools: ActivityTool[];
  open_agents: ActivityAgent[];
  times: ActivityTimes;
};

const SESSION = `select session_pk, source, source_session_id, started_unix_ms, last_unix_ms, ended_unix_ms, title
  from sessions`;
const TOOL =
  "select agent_id, tool_use_id, tool_name, summary, started_unix_ms, ended_unix_ms, outcome from tool_calls";
/** A turn has few calls at a time; a transcript with thousands of unanswered ones is broken. */
const OPEN_TOOLS = 50;
/** Current activity is among the newest rows, whatever their order. */
const RECENT_REQUESTS = 300;
const RECENT_EVENTS = 1000;
/** Events without effect on the activity of a session. */
const NO_SIGNALS = "'rate_limit', 'usage_updated', 'ownership_changed', 'alert_fired', 'alert_cleared'";

type RecentRequest = { agent_id: string; time_unix_ms: number; flags: number };
const PROVISIONAL = flagBit("provisional");

export function activityQueries(db: Database) {
  const q = statements(db);
  return {
    session: (source: string, id: string) => q.byKey.get(source, id),
    /** Equal while nothing was written: neither through another connection nor through this one. */
    version: (): string => `${q.others.get()!.data_version} ${q.own.get()!.changes}`,
    /** Sessions with a sign of life since then. */
    since: (unixMs: number) => q.since.all(unixMs),
    /** Its newest events. */
    signals: (session_pk: number): FeedEvent[] => q.signals.all(session_pk).map(fromEvent),
    rows(session: ActivitySession): ActivityRows {
      const pk = session.session_pk;
      const turn = q.turn.get(pk);
      const newest = newestOf(q.recent.all(pk));
      return {
        session,
        turn,
        open_tools: q.openTools.all(pk),
        open_agents: q.openAgents
          .all(pk)
          .map((a) => ({ ...a, last_unix_ms: newest(a.agent_id)?.time_unix_ms ?? a.last_unix_ms })),
        times: {
          ...requestTimes(newest("")),
          tool_end: q.toolEnd.get(pk, turn?.started_unix_ms ?? 0)?.ended ?? 0,
        },
      };
    },
    /** The call of a permission request: hooks have no id, so it is found by name, agent and time. */
    toolOfPermission: (session_pk: number, agent_id: string, tool_name: string, until_unix_ms: number) =>
      q.byPermission.get(session_pk, agent_id, tool_name, until_unix_ms),
  };
}
export type ActivityQueries = ReturnType<typeof activityQueries>;

/** Of an agent, in whatever order they were stored. */
function newestOf(requests: readonly RecentRequest[]) {
  return (agent_id: string): RecentRequest | null =>
    requests.reduce<RecentRequest | null>(
      (best, r) => (r.agent_id === agent_id && r.time_unix_ms > (best?.time_unix_ms ?? 0) ? r : best),
      null,
    );
}

function requestTimes(last: RecentRequest | null): Pick<ActivityTimes, "final_request" | "open_request"> {
  const time = last?.time_unix_ms ?? 0;
  const isOpen = last !== null && (last.flags & PROVISIONAL) !== 0;
  return { final_request: isOpen ? 0 : time, open_request: isOpen ? time : 0 };
}

function statements(db: Database) {
  return {
    byKey: db.query<ActivitySession, [string, string]>(
      `${SESSION} where source = ? and source_session_id = ?`,
    ),
    others: db.query<{ data_version: number }, []>("pragma data_version"),
    own: db.query<{ changes: number }, []>("select total_changes() as changes"),
    since: db.query<ActivitySession, [number]>(
      `${SESSION} where last_unix_ms >= ? and source_session_id <> '' and source_session_id not like 'doctor-%'`,
    ),
    turn: db.query<ActivityTurn, [number]>(
      `select started_unix_ms, ended_unix_ms from turns where session_pk = ?
       order by coalesce(started_unix_ms, ended_unix_ms) desc limit 1`,
    ),
    openTools: db.query<ActivityTool, [number]>(
      `${TOOL} where session_pk = ? and outcome = 'running' order by started_unix_ms desc limit ${OPEN_TOOLS}`,
    ),
    // A sub-agent of Codex is a thread with its own signs of life.
    openAgents: db.query<ActivityAgent, [number]>(
      `select a.agent_id, a.started_unix_ms, t.last_unix_ms from agents a join sessions s using (session_pk)
         left join sessions t on t.source = s.source and t.source_session_id = a.agent_id
       where a.session_pk = ? and a.ended_unix_ms is null`,
    ),
    recent: db.query<RecentRequest, [number]>(
      `select agent_id, time_unix_ms, flags from requests where session_pk = ? and parent_key is null
       order by seq desc limit ${RECENT_REQUESTS}`,
    ),
    toolEnd: db.query<{ ended: number | null }, [number, number]>(
      `select max(ended_unix_ms) as ended from tool_calls
       where session_pk = ? and agent_id = '' and coalesce(started_unix_ms, ended_unix_ms) >= ?`,
    ),
    byPermission: db.query<ActivityTool, [number, string, string, number]>(
      `${TOOL} where session_pk = ? and agent_id = ? and tool_name = ? and started_unix_ms <= ?
       order by started_unix_ms desc limit 1`,
    ),
    signals: db.query<EventRow, [number]>(
      `${EVENT_ROWS} where e.session_pk = ? and e.event_type not in (${NO_SIGNALS})
       order by e.seq desc limit ${RECENT_EVENTS}`,
    ),
  };
}
