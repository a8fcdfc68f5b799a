import type { Database } from "bun:sqlite";
import type { AttributionGroup } from "../../schema/groups.ts";
import { SUM_NAMES, SUM_OF_REQUEST, type Sums } from "../sums.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import type { Bucket } from "./zone.ts";

type ShareRow = Sums & { range: number; grp: string };

const NAME_OF: Record<AttributionGroup, string> = {
  skill: "coalesce(r.skill, '')",
  plugin: "coalesce(r.plugin, '')",
  mcp_server: "coalesce(r.mcp_server, '')",
  effort: "coalesce(r.effort, '')",
  agent_type: `coalesce(r.agent_type, (select a.agent_type from agents a
    where a.session_pk = r.session_pk and a.agent_id = r.agent_id), '')`,
};

const SUMS = SUM_NAMES.map((name) => `coalesce(sum(${SUM_OF_REQUEST[name]}), 0) as ${name}`).join(", ");
const RANGES =
  "ranges as materialized (select key as range, value ->> 0 as a, value ->> 1 as b from json_each($ranges))";
/** A call of a tool is of the turn that was last begun before it, where it names none. */
const TURN_OF = `coalesce(t.prompt_id, (select u.prompt_id from turns u where u.session_pk = t.session_pk
  and u.started_unix_ms <= t.started_unix_ms order by u.started_unix_ms desc limit 1))`;

/** Sums of requests by what they were made for. The rollups do not know it, so the requests of the range are read. */
export function attributionQueries(db: Database) {
  function run(buckets: Bucket[], scope: Scope, sql: (where: string) => string) {
    const { sql: where, params } = inScope(db, scope, "r.session_pk");
    const ranges = JSON.stringify(buckets.map((b) => [b.bucket_unix_ms, b.until_unix_ms]));
    return db
      .query<ShareRow, Params>(sql(where))
      .all({ ...params, ranges })
      .map(({ range, ...row }) => ({ ...row, bucket_unix_ms: buckets[range]!.bucket_unix_ms }))
      .sort((a, b) => a.bucket_unix_ms - b.bucket_unix_ms);
  }

  return {
    byAttribution: (buckets: Bucket[], group: AttributionGroup, scope: Scope) =>
      run(
        buckets,
        scope,
        (where) => `with ${RANGES} select b.range, ${NAME_OF[group]} as grp, ${SUMS}
          from ranges b join requests r on r.time_unix_ms >= b.a and r.time_unix_ms < b.b where ${where} group by 1, 2`,
      ),
    /** What the turns cost in which a tool was used. A turn with two tools is in both, so groups are no parts of a sum. */
    byTool: (buckets: Bucket[], scope: Scope) =>
      run(
        buckets,
        scope,
        (where) => `with ${RANGES},
          used as materialized (select distinct t.session_pk, t.tool_name, ${TURN_OF} as turn from tool_calls t
            where t.tool_name is not null and t.started_unix_ms >= (select min(a) from ranges) - 86400000
              and t.started_unix_ms < (select max(b) from ranges) + 86400000)
          select b.range, u.tool_name as grp, ${SUMS}
          from ranges b join requests r on r.time_unix_ms >= b.a and r.time_unix_ms < b.b
            join used u on u.session_pk = r.session_pk and u.turn = r.prompt_id where ${where} group by 1, 2`,
      ),
  };
}
