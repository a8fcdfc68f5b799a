import type { Database } from "bun:sqlite";
import type { ToolOutcome } from "../../schema/batch.ts";
import type { SourceName } from "../../schema/event-names.ts";
import { toolMatcher } from "../../schema/tool-pattern.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import { LAST_DECISION } from "./timeline.ts";
import { TOOL_NAMES } from "./tools.ts";
import type { Range } from "./zone.ts";

export type ToolTimes = {
  timed_calls: number;
  duration_ms: number;
  p50_ms: number | null;
  p95_ms: number | null;
};
export type ToolDecision = { tool_name: string; decision: string; decided_by: string; calls: number };
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
type DurationCount = [tool_name: string, duration_ms: number, calls: number];

const WITHIN = "t.started_unix_ms >= $from and t.started_unix_ms < $until";
const toParams = (range: Range, params: Params): Params => ({
  ...params,
  from: range.from_unix_ms,
  until: range.until_unix_ms,
});

/** How long calls took, who decided them, what they gave, and the calls themselves. */
export function toolTimeQueries(db: Database) {
  const names = db.query<{ name: string | null }, []>(`with recursive ${TOOL_NAMES} select name from names`);
  const anyDecision = db.query("select 1 from tool_decisions limit 1");

  return {
    /** Exact percentiles by nearest rank; the index holds all that is read. */
    timesByTool(range: Range, scope: Scope): Map<string, ToolTimes> {
      const { sql, params } = inScope(db, scope, "t.session_pk");
      const run = db.query<unknown, Params>(`
        with recursive ${TOOL_NAMES}
        select coalesce(n.name, ''), max(0, t.duration_ms), count(*)
        from names n cross join tool_calls t on t.tool_name is n.name
        where ${WITHIN} and t.duration_ms is not null and ${sql} group by 1, 2 order by 1, 2`);
      const rows = run.values(toParams(range, params)) as DurationCount[];
      return new Map([...Map.groupBy(rows, (row) => row[0])].map(([name, of]) => [name, toTimes(of)]));
    },

    decisionsByTool(range: Range, scope: Scope): ToolDecision[] {
      // Without telemetry there are none, but SQLite would read every call to find that out.
      if (anyDecision.get() === null) return [];
      const { sql, params } = inScope(db, scope, "t.session_pk");
      const run = db.query<ToolDecision, Params>(`
        select coalesce(t.tool_name, '') as tool_name, d.decision, d.decided_by, count(*) as calls
        from tool_decisions d join tool_calls t on t.tool_key = d.tool_key
        where d.decision_pk = ${LAST_DECISION} and ${WITHIN} and ${sql}
        group by 1, 2, 3 order by calls desc, 2, 3`);
      return run.all(toParams(range, params));
    },

    /** Characters of recorded results; only sessions that were alive in the range are looked at. */
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

    /** The last one first, tool by tool along the index. */
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
          coalesce(s.title, (select u.prompt from turns u where u.session_pk = s.session_pk
            order by coalesce(u.started_unix_ms, u.ended_unix_ms) limit 1)) as title,
          s.project_path, d.decision, d.decided_by
        from found join tool_calls t using (tool_pk) join sessions s using (session_pk)
          left join tool_decisions d on d.decision_pk = ${LAST_DECISION}
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

function toTimes(rows: DurationCount[]): ToolTimes {
  const timed_calls = rows.reduce((sum, [, , calls]) => sum + calls, 0);
  const rank = (percent: number) => {
    let left = Math.max(1, Math.ceil((timed_calls * percent) / 100));
    for (const [, ms, calls] of rows) {
      left -= calls;
      if (left <= 0) return ms;
    }
    return null;
  };
  const duration_ms = rows.reduce((sum, [, ms, calls]) => sum + ms * calls, 0);
  return { timed_calls, duration_ms, p50_ms: rank(50), p95_ms: rank(95) };
}
