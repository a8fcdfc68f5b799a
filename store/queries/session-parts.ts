import type { Database } from "bun:sqlite";
import type { EventType } from "../../schema/events.ts";
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
};
export type ToolRow = {
  tool_name: string;
  calls: number;
  failed: number;
  duration_ms: number;
  p50_ms: number | null;
  p95_ms: number | null;
};

type Decisions = { decision: string; decided_by: string; calls: number };

/** One session taken apart. */
export function sessionPartQueries(db: Database) {
  const agents = db.query<AgentRow, [number]>(`
    select agent_id, agent_type, description, tool_use_id, depth, started_unix_ms, ended_unix_ms,
      (select t.agent_id from tool_calls t where t.session_pk = a.session_pk and t.tool_use_id = a.tool_use_id
        limit 1) as parent_agent_id
    from agents a where session_pk = ? order by started_unix_ms, agent_id`);
  const usageByAgent = db.query<Sums & { agent_id: string }, [number]>(
    `select u.agent_id, ${SUMS} from usage_rollup u where u.session_pk = ? group by u.agent_id`,
  );
  const usageByModel = db.query<Sums & { model: string }, [number]>(
    `select u.model, ${SUMS} from usage_rollup u where u.session_pk = ? group by u.model`,
  );
  const toolsByAgent = db.query<{ agent_id: string; calls: number }, [number]>(
    "select agent_id, count(*) as calls from tool_calls where session_pk = ? group by agent_id",
  );
  // Nearest rank: the time that at least so many of the calls with a time were done in.
  const tools = db.query<ToolRow, [number]>(`
    with timed as (
      select coalesce(tool_name, '') as name, max(0, duration_ms) as ms,
        row_number() over (partition by coalesce(tool_name, '') order by max(0, duration_ms)) as nth,
        count(*) over (partition by coalesce(tool_name, '')) as n
      from tool_calls where session_pk = ?1 and duration_ms is not null),
    ranked as (
      select name, min(ms) filter (where nth * 100 >= n * 50) as p50, min(ms) filter (where nth * 100 >= n * 95) as p95
      from timed group by name)
    select coalesce(tool_name, '') as tool_name, count(*) as calls, sum(outcome = 'failed') as failed,
      coalesce(sum(duration_ms), 0) as duration_ms,
      cast(max(r.p50) as integer) as p50_ms, cast(max(r.p95) as integer) as p95_ms
    from tool_calls t left join ranked r on r.name = coalesce(t.tool_name, '')
    where session_pk = ?1 group by 1 order by calls desc, 1`);
  const decisions = db.query<Decisions & { tool_name: string }, [number]>(`
    select coalesce(tool_name, '') as tool_name, decision, decided_by, count(*) as calls
    from tool_calls where session_pk = ? and decision is not null group by 1, 2, 3 order by calls desc, 2, 3`);
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
    toolsOf(pk: number) {
      const decided = Map.groupBy(decisions.all(pk), (row) => row.tool_name);
      return tools.all(pk).map((tool) => ({
        ...tool,
        decisions: (decided.get(tool.tool_name) ?? []).map(({ tool_name: _, ...rest }) => rest),
      }));
    },
    usageByQuarterOf: (pk: number) => byQuarter.all(pk),
    eventCountsOf: (pk: number) => events.all(pk),
  };
}
