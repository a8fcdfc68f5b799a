import type { Database } from "bun:sqlite";
import type { SourceName } from "../../schema/event-names.ts";
import type { ToolOutcome } from "../../schema/row-values.ts";
import { toolMatcher } from "../../schema/tool-pattern.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import { SESSION_TITLE } from "./session-title.ts";
import { TOOL_NAMES } from "./tools.ts";
import type { Range } from "./zone.ts";

export type ResultSize = { tool_name: string; results: number; chars: number };
export type CallKey = { started_unix_ms: number; tool_pk: number };
export type CallRow = CallKey & {
  tool_key: string;
  tool_name: string | null;
  tool_use_id: string;
  source: SourceName;
  session_key: string;
  title: string | null;
  project_path: string | null;
  agent_id: string;
  duration_ms: number | null;
  outcome: ToolOutcome;
  summary: string | null;
  error: string | null;
  decision: string | null;
  decided_by: string | null;
};

const WITHIN = "t.started_unix_ms >= $from and t.started_unix_ms < $until";
const toParams = (range: Range, params: Params): Params => ({
  ...params,
  from: range.from_unix_ms,
  until: range.until_unix_ms,
});

/** Results of tool calls, and the calls themselves. */
export function toolTimeQueries(db: Database) {
  const names = db.query<{ name: string | null }, []>(`with recursive ${TOOL_NAMES} select name from names`);

  return {
    /** Characters of recorded results; only sessions that were alive in the range are read. */
    resultsByTool(range: Range, scope: Scope): ResultSize[] {
      const { sql, params } = inScope(db, scope, "s.session_pk");
      const run = db.query<ResultSize, Params>(`
        select coalesce(x.tool_name, '') as tool_name, count(*) as results,
          sum(coalesce(x.whole_chars, x.chunk_chars)) as chars
        from sessions s cross join texts x on x.session_pk = s.session_pk
        where coalesce(s.last_unix_ms, 0) >= $from and coalesce(s.started_unix_ms, 0) < $until and ${sql}
          and x.role = 'tool_output' and x.time_unix_ms >= $from and x.time_unix_ms < $until
        group by 1 order by chars desc, 1`);
      return run.all(toParams(range, params));
    },

    /** Latest first, tool by tool along the index. */
    calls(
      filter: Scope & { tool_name?: string | undefined; outcome?: ToolOutcome | undefined },
      range: Range,
      before: CallKey | undefined,
      limit: number,
    ): CallRow[] {
      const isMeant = filter.tool_name === undefined ? undefined : toolMatcher(filter.tool_name);
      const meant = names
        .all()
        .map((row) => row.name)
        .filter((name) => isMeant === undefined || isMeant(name));
      if (meant.length === 0) return [];
      const { sql, params } = inScope(db, filter, "t.session_pk");
      const outcome = filter.outcome === undefined ? "" : "and t.outcome = $outcome";
      const arms = meant.map(
        (name, i) => `select * from (select t.tool_pk, t.started_unix_ms from tool_calls t
          where t.tool_name is ${name === null ? "null" : `(select value from json_each($names) where key = ${i})`}
            and ${WITHIN} and (t.started_unix_ms < $time or (t.started_unix_ms = $time and t.tool_pk < $pk))
            ${outcome} and ${sql} order by t.started_unix_ms desc, +t.tool_pk desc limit $limit)`,
      );
      const run = db.query<CallRow, Params>(`
        with found as (${arms.join(" union all ")} order by started_unix_ms desc, tool_pk desc limit $limit)
        select t.tool_pk, t.started_unix_ms, t.tool_key, t.tool_name, t.tool_use_id, t.agent_id, t.duration_ms,
          t.outcome, t.summary, t.error, s.source, s.source || ':' || s.source_session_id as session_key,
          ${SESSION_TITLE} as title,
          s.project_path, t.decision, t.decided_by
        from found join tool_calls t using (tool_pk) join sessions s using (session_pk)
        order by t.started_unix_ms desc, t.tool_pk desc`);
      return run.all({
        ...toParams(range, params),
        ...(filter.outcome !== undefined && { outcome: filter.outcome }),
        names: JSON.stringify(meant),
        time: before?.started_unix_ms ?? Number.MAX_SAFE_INTEGER,
        pk: before?.tool_pk ?? Number.MAX_SAFE_INTEGER,
        limit,
      });
    },
  };
}
