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
};
export type ToolRow = { tool_name: string; calls: number; failed: number; duration_ms: number };

/** One session taken apart. */
export function sessionPartQueries(db: Database) {
  const agents = db.query<AgentRow, [number]>(`
    select agent_id, agent_type, description, tool_use_id, depth, started_unix_ms, ended_unix_ms
    from agents where session_pk = ? order by started_unix_ms, agent_id`);
  const usageByAgent = db.query<Sums & { agent_id: string }, [number]>(
    `select u.agent_id, ${SUMS} from usage_rollup u where u.session_pk = ? group by u.agent_id`,
  );
  const usageByModel = db.query<Sums & { model: string }, [number]>(
    `select u.model, ${SUMS} from usage_rollup u where u.session_pk = ? group by u.model`,
  );
  const toolsByAgent = db.query<{ agent_id: string; calls: number }, [number]>(
    "select agent_id, count(*) as calls from tool_calls where session_pk = ? group by agent_id",
  );
  const tools = db.query<ToolRow, [number]>(`
    select coalesce(tool_name, '') as tool_name, count(*) as calls, sum(outcome = 'failed') as failed,
      coalesce(sum(duration_ms), 0) as duration_ms
    from tool_calls where session_pk = ? group by 1 order by calls desc, 1`);
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
    toolsOf: (pk: number) => tools.all(pk),
    usageByQuarterOf: (pk: number) => byQuarter.all(pk),
    eventCountsOf: (pk: number) => events.all(pk),
  };
}
