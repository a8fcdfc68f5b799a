import type { Database } from "bun:sqlite";
import type { AttributionGroup } from "../../schema/groups.ts";
import { COST_ITEMS, type CostItem } from "../../schema/usage-kinds.ts";
import { SUM_NAMES, SUM_OF_REQUEST, type Sums } from "../sums.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import type { Bucket } from "./zone.ts";

type ShareRow = Sums & { range: number; grp: string };
type KindRow = { range: number } & Record<CostItem | `${CostItem}_requests`, number>;
export type KindCost = { bucket_unix_ms: number; kind: CostItem; cost_nano_usd: number; requests: number };
export type WithModel = Scope & { model?: string | undefined };

/** What of a request names its group, as SQL. */
export const NAME_OF: Record<AttributionGroup, string> = {
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
/** A prompt of a session, named so that no two sessions share one. */
const PROMPT_OF = `iif(coalesce(r.prompt_id, '') = '', '', s.source || ':' || s.source_session_id || '/' || r.prompt_id)`;
/**
 * A call of a tool is of the turn that was last begun before it, where it names none. As text, since SQLite makes an
 * index of it only for a value of a known type, and a session's requests are looked up in it.
 */
export const TURN_OF = `cast(coalesce(t.prompt_id, (select u.prompt_id from turns u where u.session_pk = t.session_pk
  and u.started_unix_ms <= t.started_unix_ms order by u.started_unix_ms desc limit 1)) as text)`;

/** Sums of requests by what they were made for. The rollups do not know it, so the requests of the range are read. */
export function attributionQueries(db: Database) {
  function rows<Row>(buckets: Bucket[], scope: WithModel, sql: (where: string) => string): Row[] {
    const { sql: within, params } = inScope(db, scope, "r.session_pk");
    const ranges = JSON.stringify(buckets.map((b) => [b.bucket_unix_ms, b.until_unix_ms]));
    const { model } = scope;
    const where = model === undefined ? within : `${within} and r.model = $model`;
    return db
      .query<Row, Params>(sql(where))
      .all({ ...params, ranges, ...(model !== undefined && { model }) });
  }
  const run = (buckets: Bucket[], scope: WithModel, sql: (where: string) => string) =>
    rows<ShareRow>(buckets, scope, sql)
      .map(({ range, ...row }) => ({ ...row, bucket_unix_ms: buckets[range]!.bucket_unix_ms }))
      .sort((a, b) => a.bucket_unix_ms - b.bucket_unix_ms);

  const prompts = db.query<{ grp: string; prompt: string }, [string]>(`
    select s.source || ':' || s.source_session_id || '/' || t.prompt_id as grp, substr(t.prompt, 1, 200) as prompt
    from json_each(?) j join sessions s on s.source = substr(j.value, 1, instr(j.value, ':') - 1)
      and s.source_session_id = substr(j.value, instr(j.value, ':') + 1)
      join turns t on t.session_pk = s.session_pk
    where t.prompt is not null`);

  return {
    /** What answers a prompt, whoever of a session's threads did. What answers none has no name. */
    byPrompt: (buckets: Bucket[], scope: WithModel) =>
      run(
        buckets,
        scope,
        (where) => `with ${RANGES} select b.range, ${PROMPT_OF} as grp, ${SUMS}
          from ranges b join requests r on r.time_unix_ms >= b.a and r.time_unix_ms < b.b
            join sessions s on s.session_pk = r.session_pk
          where ${where} group by 1, r.session_pk, coalesce(r.prompt_id, '')`,
      ),
    /** The beginnings of prompts, by their group. */
    promptsOf(groups: Iterable<string>): Map<string, string> {
      const sessions = new Set([...groups].map((group) => group.slice(0, group.indexOf("/"))));
      return new Map(prompts.all(JSON.stringify([...sessions])).map((r) => [r.grp, r.prompt]));
    },
    /** Every kind of a bucket with requests that have a price for it; they add up to the cost. */
    byKind(buckets: Bucket[], scope: WithModel): KindCost[] {
      const sums = COST_ITEMS.map(
        (kind) =>
          `coalesce(sum(r.${kind}_nano_usd), 0) as ${kind}, count(r.${kind}_nano_usd) as ${kind}_requests`,
      ).join(", ");
      return rows<KindRow>(
        buckets,
        scope,
        (where) => `with ${RANGES} select b.range, ${sums}
          from ranges b join requests r on r.time_unix_ms >= b.a and r.time_unix_ms < b.b where ${where} group by 1`,
      )
        .sort((a, b) => a.range - b.range)
        .flatMap((row) =>
          COST_ITEMS.filter((kind) => row[`${kind}_requests`] > 0).map((kind) => ({
            bucket_unix_ms: buckets[row.range]!.bucket_unix_ms,
            ...{ kind, cost_nano_usd: row[kind], requests: row[`${kind}_requests`] },
          })),
        );
    },
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
