import type { Database } from "bun:sqlite";
import type { EventType } from "../../schema/events.ts";
import { type CallFacts, sumTools } from "../session-tools.ts";
import type { Sums } from "../sums.ts";
import { SUMS } from "./totals.ts";

export type AgentRow = {
  agent_id: string;
  agent_type: string | null;
  description: string | null;
  tool_use_id: string | null;
  depth: number | null;
  started_unix_ms: number | null;
  ended_unix_ms: number | null;
  /** The agent that started it: empty = the main thread, null = not known. */
  parent_agent_id: string | null;
  /** Last sign of life of its thread, if that has its own session, as with Codex. */
  thread_unix_ms: number | null;
};
type AgentCalls = { agent_id: string; calls: number; failed: number; running: number; last_unix_ms: number };
/** The parts of one session. */
export function sessionPartQueries(db: Database) {
  const agents = db.query<AgentRow, [number]>(`
    select agent_id, agent_type, description, tool_use_id, depth, started_unix_ms, ended_unix_ms,
      (select t.last_unix_ms from sessions s join sessions t on t.source = s.source
        where s.session_pk = a.session_pk and t.source_session_id = a.agent_id) as thread_unix_ms,
      (select t.agent_id from tool_calls t where t.session_pk = a.session_pk and t.tool_use_id = a.tool_use_id
        limit 1) as parent_agent_id
    from agents a where session_pk = ? order by started_unix_ms, agent_id`);
  const usageByAgent = db.query<Sums & { agent_id: string }, [number]>(
    `select u.agent_id, ${SUMS} from usage_rollup u where u.session_pk = ? group by u.agent_id`,
  );
  const usageByModel = db.query<Sums & { model: string }, [number]>(
    `select u.model, ${SUMS} from usage_rollup u where u.session_pk = ? group by u.model`,
  );
  const toolsByAgent = db.query<AgentCalls, [number]>(`
    select agent_id, count(*) as calls, sum(outcome = 'failed') as failed, sum(outcome = 'running') as running,
      max(max(coalesce(started_unix_ms, 0), coalesce(ended_unix_ms, 0))) as last_unix_ms
    from tool_calls where session_pk = ? group by agent_id`);
  const requestsByAgent = db.query<{ agent_id: string; last_unix_ms: number }, [number]>(
    "select agent_id, max(time_unix_ms) as last_unix_ms from requests where session_pk = ? group by agent_id",
  );
  const calls = db.query<CallFacts, [number]>(`
    select tool_name, outcome = 'failed' as is_failed, duration_ms, decision, decided_by
    from tool_calls where session_pk = ?`);
  const byQuarter = db.query<Sums & { bucket_unix_ms: number }, [number]>(
    `select u.bucket_unix_ms, ${SUMS} from usage_rollup u where u.session_pk = ? group by u.bucket_unix_ms order by 1`,
  );
  const events = db.query<{ event_type: EventType; count: number }, [number]>(`
    select event_type, sum(events) as count from event_rollup where session_pk = ? and event_type <> 'api_response'
    group by event_type order by event_type`);

  return {
    agentsOf: (pk: number) => agents.all(pk),
    usageByAgentOf: (pk: number) => usageByAgent.all(pk),
    usageByModelOf: (pk: number) => usageByModel.all(pk),
    toolCallsByAgentOf: (pk: number) => toolsByAgent.all(pk),
    /** Time of each thread's last billed request. */
    lastRequestsOf: (pk: number) => requestsByAgent.all(pk),
    toolsOf: (pk: number) => sumTools(calls.all(pk)),
    usageByQuarterOf: (pk: number) => byQuarter.all(pk),
    eventCountsOf: (pk: number) => events.all(pk),
  };
}
