import { isAgentAtWork } from "../../collector/activity/evaluate.ts";
import type { SessionDetail } from "../../schema/api-shapes.ts";
import type { sessionPartQueries } from "../../store/queries/session-parts.ts";
import { toTotals } from "../../store/queries/totals.ts";
import { noSums } from "../../store/sums.ts";

type Agent = SessionDetail["agent_list"][number];
type Parts = ReturnType<typeof sessionPartQueries>;
/** `isOver`: after the session's end none of its agents is working. */
type When = { now: number; isOver: boolean };

const UNKNOWN = {
  agent_type: null,
  description: null,
  tool_use_id: null,
  depth: null,
  started_unix_ms: null,
  ended_unix_ms: null,
  parent_agent_id: null,
  thread_unix_ms: null,
};

/** An agent with billed requests is listed even if nothing else is known about it. */
export function toAgents(parts: Parts, pk: number, when: When): Agent[] {
  const usage = new Map(parts.usageByAgentOf(pk).map((u) => [u.agent_id, u]));
  const calls = new Map(parts.toolCallsByAgentOf(pk).map((t) => [t.agent_id, t]));
  const known = parts.agentsOf(pk);
  const ids = new Set(known.map((a) => a.agent_id));
  const unknown = [...usage.keys()]
    .filter((id) => id !== "" && !ids.has(id))
    .map((agent_id) => ({ agent_id, ...UNKNOWN }));
  const agents = [...known, ...unknown];
  // Reading every request of a long session is slow, and the end of an agent is a better sign.
  const last = agents.some((a) => a.ended_unix_ms === null) ? parts.lastRequestsOf(pk) : [];
  const requests = new Map(last.map((r) => [r.agent_id, r.last_unix_ms]));
  return agents.map(({ thread_unix_ms, ...agent }) => {
    const of = calls.get(agent.agent_id);
    const signs = [agent.started_unix_ms, thread_unix_ms, of?.last_unix_ms, requests.get(agent.agent_id)];
    return {
      ...agent,
      ...stateOf(agent, Math.max(0, ...signs.map((at) => at ?? 0)), (of?.running ?? 0) > 0, when),
      tool_calls: of?.calls ?? 0,
      failed_tool_calls: of?.failed ?? 0,
      totals: toTotals(usage.get(agent.agent_id) ?? noSums()),
    };
  });
}

function stateOf(
  { started_unix_ms, ended_unix_ms }: Pick<Agent, "started_unix_ms" | "ended_unix_ms">,
  last: number,
  hasTool: boolean,
  { now, isOver }: When,
): Pick<Agent, "state" | "since_unix_ms"> {
  if (ended_unix_ms !== null) return { state: "done", since_unix_ms: ended_unix_ms };
  const isWorking = !isOver && isAgentAtWork(last, hasTool, now);
  return isWorking
    ? { state: "working", since_unix_ms: started_unix_ms ?? last }
    : { state: "unknown", since_unix_ms: last || null };
}
