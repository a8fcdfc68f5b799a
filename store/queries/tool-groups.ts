import type { Database } from "bun:sqlite";
import type { ToolGroupBy } from "../../schema/api-tool-routes.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import { type Times, toTimes } from "./times.ts";
import { TOOL_NAMES } from "./tools.ts";
import type { Range } from "./zone.ts";

export type CallGroup = Times & { name: string; calls: number; failed: number };
type GroupRow = { name: string; calls: number; failed: number; durations: string | null };

const MCP = /^mcp__(.+?)__/;
const SUMS =
  "count(*) as calls, sum(t.outcome = 'failed') as failed, group_concat(t.duration_ms) as durations";
const WITHIN = "t.started_unix_ms >= $from and t.started_unix_ms < $until";

/** The server of a tool of an MCP server. */
export const serverOf = (tool_name: string): string | null => MCP.exec(tool_name)?.[1] ?? null;

/** Calls by MCP server, skill or type of sub-agent. Most called first. */
export function toolGroupQueries(db: Database) {
  const names = db.query<{ name: string | null }, []>(`with recursive ${TOOL_NAMES} select name from names`);

  function servers(where: string, params: Params): GroupRow[] {
    const tools = names.all().flatMap(({ name }) => (name === null ? [] : [name]));
    const run = db.query<Omit<GroupRow, "name">, Params>(
      `select ${SUMS} from tool_calls t where t.tool_name in (select value from json_each($names)) and ${where}`,
    );
    return [...Map.groupBy(tools, serverOf)].flatMap(([name, of]) =>
      name === null ? [] : [{ name, ...run.get({ ...params, names: JSON.stringify(of) })! }],
    );
  }

  /** Claude Code's tool `Skill`; its argument is the name. */
  const skills = (where: string, params: Params): GroupRow[] =>
    db
      .query<GroupRow, Params>(
        `select coalesce(t.summary, '') as name, ${SUMS} from tool_calls t
         where t.tool_name = 'Skill' and ${where} group by 1`,
      )
      .all(params);

  /**
   * Runs of sub-agents. Without hooks only the call that started one has its times; for some the client names no call.
   */
  const agents = (where: string, params: Params): GroupRow[] =>
    db
      .query<GroupRow, Params>(
        `select coalesce(t.agent_type, '') as name, count(*) as calls, coalesce(sum(t.outcome = 'failed'), 0) as failed,
           group_concat(t.duration_ms) as durations
         from (select a.session_pk, a.agent_type, c.outcome,
             coalesce(a.ended_unix_ms - a.started_unix_ms, c.duration_ms) as duration_ms,
             coalesce(a.started_unix_ms, c.started_unix_ms, a.ended_unix_ms, (select min(r.time_unix_ms)
               from requests r where r.session_pk = a.session_pk and r.agent_id = a.agent_id)) as started_unix_ms
           from agents a join sessions s using (session_pk) left join tool_calls c on a.tool_use_id <> '' and c.tool_key in
             (s.source || ':' || a.tool_use_id, s.source || ':' || s.source_session_id || ':' || a.tool_use_id)) t
         where ${where} group by 1`,
      )
      .all(params);

  const rowsBy = { mcp_server: servers, skill: skills, agent_type: agents };
  return {
    callsByGroup(by: ToolGroupBy, range: Range, scope: Scope): CallGroup[] {
      const { sql, params } = inScope(db, scope, "t.session_pk");
      const within: Params = { ...params, from: range.from_unix_ms, until: range.until_unix_ms };
      return rowsBy[by](`${WITHIN} and ${sql}`, within)
        .filter(({ calls }) => calls > 0)
        .map(({ durations, ...row }) => ({ ...row, ...toTimes(durations) }))
        .sort((a, b) => b.calls - a.calls || (a.name < b.name ? -1 : 1));
    },
  };
}
