import type { Database } from "bun:sqlite";
import type { AttributionGroup } from "../../schema/groups.ts";
import { COST_ITEMS, type CostItem } from "../../schema/usage-kinds.ts";
import { addSums, noSums, SUM_NAMES, type Sums } from "../sums.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import { type TurnTools, turnTools } from "./turn-tools.ts";
import type { Bucket } from "./zone.ts";

type ShareRow = Sums & { range: number; grp: string };
type TurnRow = Sums & { range: number; session_pk: number; prompt_id: string };
type KindRow = { range: number; requests: number } & Record<CostItem, number>;
export type KindCost = { bucket_unix_ms: number; kind: CostItem; cost_nano_usd: number; requests: number };
export type WithModel = Scope & { model?: string | undefined };

/** SQL of the group of a request, or of a turn's sums. */
export const NAME_OF: Record<AttributionGroup, string> = {
  skill: "coalesce(r.skill, '')",
  plugin: "coalesce(r.plugin, '')",
  mcp_server: "coalesce(r.mcp_server, '')",
  effort: "coalesce(r.effort, '')",
  agent_type: `coalesce(nullif(r.agent_type, ''), (select a.agent_type from agents a
    where a.session_pk = r.session_pk and a.agent_id = r.agent_id), '')`,
};

const SUMS = SUM_NAMES.map((name) => `sum(r.${name}) as ${name}`).join(", ");
const RANGES =
  "ranges as materialized (select key as range, value ->> 0 as a, value ->> 1 as b from json_each($ranges))";
/** Turns of a range; the ranges of a query are cut at quarters of an hour, as the sums are. */
const TURNS = "ranges b join turn_rollup r on r.bucket_unix_ms >= b.a and r.bucket_unix_ms < b.b";
/** A prompt of a session, named so that no two sessions share one. */
export const PROMPT_OF = `iif(coalesce(r.prompt_id, '') = '', '', s.source || ':' || s.source_session_id || '/' || r.prompt_id)`;

/** Rows of a query about turns; its ranges are the buckets. */
type TurnRows = <Row>(buckets: Bucket[], scope: WithModel, sql: (where: string) => string) => Row[];
type GroupSums = Sums & { bucket_unix_ms: number; grp: string };

/** Sums of requests by purpose, from the sums of each turn. */
export function attributionQueries(db: Database, toolsOf: TurnTools = turnTools(db)) {
  const rows = turnRows(db);
  const sums = (buckets: Bucket[], scope: WithModel, sql: (where: string) => string): GroupSums[] =>
    rows<ShareRow>(buckets, scope, sql)
      .map(({ range, ...row }) => ({ ...row, bucket_unix_ms: buckets[range]!.bucket_unix_ms }))
      .sort(byBucket);

  return {
    /** Requests that belong to a prompt, from any thread of the session. Others have an empty name. */
    byPrompt: (buckets: Bucket[], scope: WithModel) =>
      sums(
        buckets,
        scope,
        (where) => `select b.range, ${PROMPT_OF} as grp, ${SUMS}
          from ${TURNS} join sessions s on s.session_pk = r.session_pk
          where ${where} group by 1, r.session_pk, r.prompt_id`,
      ),
    promptsOf: promptTexts(db),
    byKind: (buckets: Bucket[], scope: WithModel) => kindCosts(rows, buckets, scope),
    byAttribution: (buckets: Bucket[], group: AttributionGroup, scope: Scope) =>
      sums(
        buckets,
        scope,
        (where) =>
          `select b.range, ${NAME_OF[group]} as grp, ${SUMS} from ${TURNS} where ${where} group by 1, 2`,
      ),
    byTool: toolSums(toolsOf, rows),
  };
}

const byBucket = (a: GroupSums, b: GroupSums) => a.bucket_unix_ms - b.bucket_unix_ms;

function turnRows(db: Database): TurnRows {
  return <Row>(buckets: Bucket[], scope: WithModel, sql: (where: string) => string): Row[] => {
    const { sql: within, params } = inScope(db, scope, "r.session_pk");
    const ranges = JSON.stringify(buckets.map((b) => [b.bucket_unix_ms, b.until_unix_ms]));
    const { model } = scope;
    const where = model === undefined ? within : `${within} and r.model = $model`;
    return db
      .query<Row, Params>(`with ${RANGES} ${sql(where)}`)
      .all({ ...params, ranges, ...(model !== undefined && { model }) });
  };
}

/** The beginnings of prompts, by their group. */
function promptTexts(db: Database) {
  const prompts = db.query<{ grp: string; prompt: string }, [string]>(`
    select s.source || ':' || s.source_session_id || '/' || t.prompt_id as grp, substr(t.prompt, 1, 200) as prompt
    from json_each(?) j join sessions s on s.source = substr(j.value, 1, instr(j.value, ':') - 1)
      and s.source_session_id = substr(j.value, instr(j.value, ':') + 1)
      join turns t on t.session_pk = s.session_pk
    where t.prompt is not null`);
  return (groups: Iterable<string>): Map<string, string> => {
    const sessions = new Set([...groups].map((group) => group.slice(0, group.indexOf("/"))));
    return new Map(prompts.all(JSON.stringify([...sessions])).map((r) => [r.grp, r.prompt]));
  };
}

/** Every kind of a bucket with requests that have a price for it; they add up to the cost. */
function kindCosts(rows: TurnRows, buckets: Bucket[], scope: WithModel): KindCost[] {
  const sums = COST_ITEMS.map((kind) => `sum(r.${kind}_nano_usd) as ${kind}`).join(", ");
  return rows<KindRow>(
    buckets,
    scope,
    (where) =>
      `select b.range, sum(r.priced_entries) as requests, ${sums} from ${TURNS} where ${where} group by 1`,
  )
    .filter((row) => row.requests > 0)
    .sort((a, b) => a.range - b.range)
    .flatMap((row) =>
      COST_ITEMS.map((kind) => ({
        bucket_unix_ms: buckets[row.range]!.bucket_unix_ms,
        kind,
        cost_nano_usd: row[kind],
        requests: row.requests,
      })),
    );
}

/** Cost of the turns in which a tool was used. A turn with two tools counts for both, so the groups do not add up. */
function toolSums(toolsOf: TurnTools, rows: TurnRows) {
  return (buckets: Bucket[], scope: Scope): GroupSums[] => {
    const turns = rows<TurnRow>(
      buckets,
      scope,
      (where) => `select b.range, r.session_pk, r.prompt_id, ${SUMS} from ${TURNS}
        where r.prompt_id <> '' and ${where} group by 1, 2, 3`,
    );
    const tools = toolsOf(new Set(turns.map((t) => t.session_pk)));
    const found = new Map<string, GroupSums>();
    for (const turn of turns)
      for (const grp of tools.get(turn.session_pk)?.get(turn.prompt_id) ?? []) {
        const key = `${turn.range} ${grp}`;
        const { bucket_unix_ms } = buckets[turn.range]!;
        const row = found.get(key) ?? { bucket_unix_ms, grp, ...noSums() };
        found.set(key, row);
        addSums(row, turn);
      }
    return [...found.values()].sort(byBucket);
  };
}
