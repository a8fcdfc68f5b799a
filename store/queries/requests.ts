import type { Database } from "bun:sqlite";
import type { SourceName } from "../../schema/events.ts";
import type { FileState, HiddenOrigin } from "../../schema/row-values.ts";
import type { Usage } from "../../schema/usage.ts";
import { COST_ITEMS, type CostItem } from "../../schema/usage-kinds.ts";
import type { CostColumn } from "../tables/requests.ts";
import { requestTelemetry } from "./request-telemetry.ts";
import { type Condition, inScope, type Params, type Scope } from "./scope.ts";
import { SESSION_TITLE } from "./session-title.ts";
import { quartersWithin } from "./zone.ts";

export type RequestRow = Usage &
  Record<CostColumn, number | null> & {
    seq: number;
    request_key: string;
    parent_key: string | null;
    session_pk: number;
    session_key: string;
    title: string | null;
    /** The prompt that it answers. */
    prompt: string | null;
    project_path: string | null;
    agent_id: string;
    prompt_id: string | null;
    response_id: string;
    provider_request_id: string;
    source: SourceName;
    time_unix_ms: number;
    model: string;
    service_tier: string;
    speed: string;
    inference_geo: string;
    flags: number;
    origin: HiddenOrigin | null;
    query_source: string | null;
    skill: string | null;
    plugin: string | null;
    agent_type: string | null;
    mcp_server: string | null;
    mcp_tool: string | null;
    effort: string | null;
    thinking_ms: number | null;
    cache_miss_reason: string | null;
    cache_missed_input_tokens: number | null;
    git_branch: string | null;
    price_id: string | null;
    cost_nano_usd: number | null;
    recorded_cost_nano_usd: number | null;
    offset: number;
    source_path: string | null;
    source_state: FileState | null;
  };
export type RequestFilter = Scope & {
  model?: string | undefined;
  agent_id?: string | undefined;
  unpriced?: boolean | undefined;
  /** Only these, by their number. */
  seqs?: readonly number[] | undefined;
  /** Only these, by purpose. */
  that?: Condition | undefined;
  from_unix_ms?: number | undefined;
  until_unix_ms?: number | undefined;
};

type KindFilter = Pick<RequestFilter, keyof Scope | "model" | "from_unix_ms" | "until_unix_ms">;

/** A list shows the beginning of a prompt; the session has all of it. */
const PROMPT_CHARS = 200;
const ROWS = `select r.*, s.source || ':' || s.source_session_id as session_key, ${SESSION_TITLE} as title, s.project_path,
    substr(t.prompt, 1, ${PROMPT_CHARS}) as prompt, f.path as source_path, f.state as source_state
  from requests r join sessions s on s.session_pk = r.session_pk left join files f on f.file_pk = r.file_pk
    left join turns t on t.session_pk = r.session_pk and t.prompt_id = r.prompt_id`;
/** End of a page of requests. */
export type RequestPlace = { time_unix_ms: number; seq: number };

function conditions(db: Database, filter: RequestFilter): { sql: string; params: Params } {
  const scope = inScope(db, filter, "r.session_pk");
  const parts = [scope.sql];
  const params: Params = { ...scope.params };
  const add = (sql: string, name: string, value: string | number) => {
    parts.push(sql);
    params[name] = value;
  };
  if (filter.model !== undefined) {
    add("r.model = $model", "model", filter.model);
    parts.push("r.session_pk in (select session_pk from usage_rollup where model = $model)");
  }
  if (filter.agent_id !== undefined) add("r.agent_id = $agent_id", "agent_id", filter.agent_id);
  if (filter.unpriced !== undefined) parts.push(`r.cost_nano_usd is ${filter.unpriced ? "" : "not "}null`);
  if (filter.that !== undefined) {
    parts.push(filter.that.sql);
    Object.assign(params, filter.that.params);
  }
  if (filter.seqs !== undefined)
    add("r.seq in (select value from json_each($seqs))", "seqs", JSON.stringify(filter.seqs));
  if (filter.from_unix_ms !== undefined) add("r.time_unix_ms >= $from", "from", filter.from_unix_ms);
  if (filter.until_unix_ms !== undefined) add("r.time_unix_ms < $until", "until", filter.until_unix_ms);
  return { sql: parts.join(" and "), params };
}

/** Whether the filter is only by sessions and times. */
export const hasScopeOnly = ({ model, agent_id, unpriced, that }: RequestFilter): boolean =>
  [model, agent_id, unpriced, that].every((one) => one === undefined);

export function requestQueries(db: Database) {
  const byId = db.query<RequestRow, [string, number]>(
    `${ROWS} where r.request_key = ?1 or r.seq = ?2 limit 1`,
  );
  const children = db.query<RequestRow, [string]>(`${ROWS} where r.parent_key = ? order by r.seq`);
  const copies = db.query<{ session_key: string }, [string, number]>(`
    select s.source || ':' || s.source_session_id as session_key
    from request_copies c join sessions s on s.session_pk = c.session_pk
    where c.request_key = ? and c.session_pk <> ? order by 1`);
  const rowsOf = db.query<RequestRow, [string]>(
    `${ROWS} where r.seq in (select value from json_each(?)) order by r.time_unix_ms desc, r.seq desc`,
  );

  return {
    /** Latest first by time, after `before`; one row more than a page shows that there is another page. */
    newest(filter: RequestFilter, before: RequestPlace | undefined, limit: number): RequestRow[] {
      const { sql, params } = conditions(db, filter);
      const place = before ?? { time_unix_ms: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };
      const found = db
        .query<{ seq: number }, Params>(`select r.seq from requests r
          where (r.time_unix_ms, r.seq) < ($before_time, $before_seq) and ${sql}
          order by r.time_unix_ms desc, r.seq desc limit $limit`)
        .all({ ...params, before_time: place.time_unix_ms, before_seq: place.seq, limit });
      return rowsOf.all(JSON.stringify(found.map((r) => r.seq)));
    },

    /** In the given order. */
    rowsOf(seqs: readonly number[]): RequestRow[] {
      const rows = new Map(rowsOf.all(JSON.stringify(seqs)).map((row) => [row.seq, row]));
      return seqs.flatMap((seq) => rows.get(seq) ?? []);
    },

    /** The requests that pass the filter, in the given order. */
    inOrder(filter: RequestFilter, seqs: readonly number[]): number[] {
      const { sql, params } = conditions(db, { ...filter, seqs });
      const rows = db.query<{ seq: number }, Params>(`select r.seq from requests r where ${sql}`).all(params);
      const left = new Set(rows.map((row) => row.seq));
      return seqs.filter((seq) => left.has(seq));
    },

    costByKind: costsByKind(db),
    /** By seq or by request_key. */
    find: (id: string) => byId.get(id, /^\d{1,15}$/.test(id) ? Number(id) : -1),
    telemetryOf: requestTelemetry(db),
    childrenOf: (key: string) => children.all(key),
    copiesOf: (row: RequestRow) => copies.all(row.request_key, row.session_pk).map((r) => r.session_key),
  };
}

/** Cost by kind of token; null if no request of it has a price. Whole quarters of an hour come from their sums. */
function costsByKind(db: Database) {
  return (filter: KindFilter): Record<CostItem, number | null> => {
    const scope = inScope(db, filter, "r.session_pk");
    const { model, from_unix_ms = 0, until_unix_ms = Number.MAX_SAFE_INTEGER } = filter;
    const within = quartersWithin({ from_unix_ms, until_unix_ms });
    const where = model === undefined ? scope.sql : `${scope.sql} and r.model = $model`;
    const sums = COST_ITEMS.map((kind) => `sum(r.${kind}_nano_usd) as ${kind}`).join(", ");
    const rows = COST_ITEMS.map((kind) => `r.${kind}_nano_usd`).join(", ");
    const run = db.query<Record<CostItem, number | null>, Params>(`
        select ${sums} from (
          select ${rows} from turn_rollup r where r.priced_entries > 0
            and r.bucket_unix_ms >= $inner and r.bucket_unix_ms < $outer and ${where}
          union all
          select ${rows} from requests r where r.time_unix_ms >= $from and r.time_unix_ms < $inner and ${where}
          union all
          select ${rows} from requests r where r.time_unix_ms >= $outer and r.time_unix_ms < $until and ${where}) r`);
    return run.get({
      ...scope.params,
      ...(model !== undefined && { model }),
      from: from_unix_ms,
      until: until_unix_ms,
      inner: within.from_unix_ms,
      outer: within.until_unix_ms,
    })!;
  };
}
