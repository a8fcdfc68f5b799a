import type { Database } from "bun:sqlite";
import { TOKEN_FIELDS, USAGE_FIELDS } from "../../schema/usage-kinds.ts";
import { type Sums, UNCERTAIN_SQL } from "../sums.ts";
import { COST_FIELDS, type CostColumn } from "../tables/requests.ts";
import type { Params } from "./scope.ts";

/** The subject of an explanation: a session, or a range of time. */
export type Subject = { session_pk: number } | { from_unix_ms: number; until_unix_ms: number };
export type ItemSums = Record<CostColumn, number>;
export type ModelSums = Sums &
  ItemSums & {
    model: string;
    /** Requests, and parts of them that are billed separately. */
    entries: number;
    /** JSON list of the price rows that were used. */
    price_ids: string;
  };
export type Entry = {
  seq: number;
  request_key: string;
  parent_key: string | null;
  time_unix_ms: number;
  cost_nano_usd: number | null;
  total_tokens: number;
};

const TOKENS = `(${TOKEN_FIELDS.join(" + ")})`;
const sumOf = (names: readonly string[]) =>
  names.map((name) => `coalesce(sum(${name}), 0) as ${name}`).join(", ");
const TOKEN_SUMS = sumOf(USAGE_FIELDS);
const UNCERTAIN_SUMS = Object.entries(UNCERTAIN_SQL)
  .map(([name, sql]) => `sum(${sql}) as ${name}`)
  .join(", ");
const MONEY_SUMS = sumOf(COST_FIELDS.filter((name) => name !== "price_id"));

/** The stored integers behind a total, from the rows and not from the sums that the reports use. */
export function whyQueries(db: Database) {
  const findOther = db.query<{ seq: number }, [string]>(`
    select seq from requests where response_id = ?1 or provider_request_id = ?1
    order by parent_key is not null, seq limit 1`);
  const inherited = db.query<{ session_key: string; requests: number }, [number]>(`
    select s.source || ':' || s.source_session_id as session_key, count(*) as requests
    from request_copies c join requests r on r.request_key = c.request_key join sessions s on s.session_pk = r.session_pk
    where c.session_pk = ? and r.parent_key is null group by r.session_pk order by requests desc, session_key`);

  return {
    byModel(subject: Subject): ModelSums[] {
      const { sql, params } = conditionOf(subject);
      return db
        .query<ModelSums, Params>(
          `select model, count(*) as entries, sum(parent_key is null) as requests, ${TOKEN_SUMS}, ${MONEY_SUMS},
            sum(cost_nano_usd is null) as unpriced_requests,
            sum(iif(cost_nano_usd is null, ${TOKENS}, 0)) as unpriced_tokens,
            ${UNCERTAIN_SUMS},
            json_group_array(distinct price_id) filter (where price_id is not null) as price_ids
          from requests where ${sql} group by model order by cost_nano_usd desc, model`,
        )
        .all(params);
    },
    /** Most expensive first; unpriced ones last, by tokens. */
    dearest(subject: Subject, model: string, limit: number): Entry[] {
      const { sql, params } = conditionOf(subject);
      return db
        .query<Entry, Params>(
          `select seq, request_key, parent_key, time_unix_ms, requests.cost_nano_usd, ${TOKENS} as total_tokens
          from requests where ${sql} and model = $model
          order by coalesce(requests.cost_nano_usd, -1) desc, total_tokens desc, seq limit $limit`,
        )
        .all({ ...params, model, limit });
    },
    /** Requests of other sessions in this session's files (fork, resume), by the session that paid. */
    inheritedBy: (session_pk: number) => inherited.all(session_pk),
    /** By an id of the vendor: of the response or of the call. */
    findByVendorId: (id: string): number | null => findOther.get(id)?.seq ?? null,
  };
}

function conditionOf(subject: Subject): { sql: string; params: Params } {
  if ("session_pk" in subject)
    return { sql: "session_pk = $session_pk", params: { session_pk: subject.session_pk } };
  return {
    sql: "time_unix_ms >= $from and time_unix_ms < $until",
    params: { from: subject.from_unix_ms, until: subject.until_unix_ms },
  };
}
