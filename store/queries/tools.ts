import type { Database } from "bun:sqlite";
import { inScope, type Params, type Scope } from "./scope.ts";
import type { Range } from "./zone.ts";

/** `range` is the index of the range; an unknown tool has an empty name. */
export type ToolCount = { range: number; tool_name: string; calls: number; failed: number };

/** Walks the index from one name to the next, so its cost depends on the names and not on the calls. */
export const TOOL_NAMES = `
  walk(name) as (
    select min(tool_name) from tool_calls
    union all
    select (select min(t.tool_name) from tool_calls t where t.tool_name > walk.name) from walk where walk.name is not null
  ),
  names(name) as materialized (select name from walk where name is not null union all select null)`;

/** Counted by ranges of the index on name and time: nothing is sorted and no row is read. */
export function toolQueries(db: Database) {
  return {
    callsByTool(ranges: Range[], scope: Scope, options: { failed: boolean }): ToolCount[] {
      const { sql, params } = inScope(db, scope, "t.session_pk");
      const calls = `select count(*) from tool_calls t where t.tool_name is n.name
        and t.started_unix_ms >= r.a and t.started_unix_ms < r.b and ${sql}`;
      const run = db.query<ToolCount, Params>(`
        with recursive ${TOOL_NAMES},
        ranges as materialized (select key as range, value ->> 0 as a, value ->> 1 as b from json_each($ranges))
        select r.range, coalesce(n.name, '') as tool_name, (${calls}) as calls,
          ${options.failed ? `(${calls} and t.outcome = 'failed')` : "0"} as failed
        from ranges r cross join names n`);
      const pairs = ranges.map((r) => [r.from_unix_ms, r.until_unix_ms]);
      return run.all({ ranges: JSON.stringify(pairs), ...params }).filter((row) => row.calls > 0);
    },
  };
}
