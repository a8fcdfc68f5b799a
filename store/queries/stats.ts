import type { Database } from "bun:sqlite";
import type { SourceName } from "../../schema/events.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import { SUMS, type Sums } from "./totals.ts";
import type { Range } from "./zone.ts";

export type HeadCounts = { sessions: number; turns: number; agents: number };
export type ToolCounts = { tool_name: string; calls: number; failed: number };

/** What the overview asks about one range. */
export function statsQueries(db: Database) {
  const toParams = (range: Range, params: Params): Params => ({
    from: range.from_unix_ms,
    until: range.until_unix_ms,
    ...params,
  });

  function usageBy<G>(group: string, join: string, range: Range, scope: Scope) {
    const { sql, params } = inScope(scope, "u.session_pk");
    return db
      .query<Sums & { grp: G; sessions: number }, Params>(
        `select ${group} as grp, count(distinct u.session_pk) as sessions, ${SUMS} from usage_rollup u ${join}
        where u.bucket_unix_ms >= $from and u.bucket_unix_ms < $until and ${sql} group by 1 order by 1`,
      )
      .all(toParams(range, params));
  }
  const sessions = "join sessions s on s.session_pk = u.session_pk";

  return {
    usageByModel: (range: Range, scope: Scope) => usageBy<string>("u.model", "", range, scope),
    usageByProject: (range: Range, scope: Scope) =>
      usageBy<string>("coalesce(s.project_path, '')", sessions, range, scope),
    usageBySource: (range: Range, scope: Scope) => usageBy<SourceName>("s.source", sessions, range, scope),

    /** A session counts when it gave any sign of life in the range. */
    countsOf(range: Range, scope: Scope): HeadCounts {
      const on = (column: string) => inScope(scope, column);
      const { sql, params } = on("session_pk");
      const within = (column: string) => `${column} >= $from and ${column} < $until and ${sql}`;
      return (
        db
          .query<HeadCounts, Params>(
            `select
              (select count(*) from (select session_pk from usage_rollup where ${within("bucket_unix_ms")}
                union select session_pk from event_rollup where ${within("bucket_unix_ms")})) as sessions,
              (select count(*) from turns where ${within("started_unix_ms")}) as turns,
              (select count(*) from agents where ${within("started_unix_ms")}) as agents`,
          )
          .get(toParams(range, params)) ?? { sessions: 0, turns: 0, agents: 0 }
      );
    },

    toolsOf(range: Range, scope: Scope): ToolCounts[] {
      const { sql, params } = inScope(scope, "t.session_pk");
      return db
        .query<ToolCounts, Params>(
          `select coalesce(t.tool_name, '') as tool_name, count(*) as calls, sum(t.outcome = 'failed') as failed
          from tool_calls t where t.started_unix_ms >= $from and t.started_unix_ms < $until and ${sql}
          group by 1 order by calls desc, 1`,
        )
        .all(toParams(range, params));
    },
  };
}
