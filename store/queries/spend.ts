import type { Database } from "bun:sqlite";
import { inScope, type Params, type Scope } from "./scope.ts";
import type { Range } from "./zone.ts";

export type Spend = { cost_nano_usd: number; requests: number; unpriced_requests: number };
export type SessionSpend = Spend & { session_key: string };

const SUMS = `coalesce(sum(u.cost_nano_usd), 0) as cost_nano_usd, coalesce(sum(u.requests), 0) as requests,
  coalesce(sum(u.unpriced_requests), 0) as unpriced_requests`;
const HOUR_MS = 3_600_000;

/** Money by the rollups alone: queries that run every half minute must not read the requests. */
export function spendQueries(db: Database) {
  const hours = db.query<{ cost_nano_usd: number }, [number, number]>(`
    select sum(cost_nano_usd) as cost_nano_usd from usage_rollup where bucket_unix_ms >= ? and bucket_unix_ms < ?
    group by bucket_unix_ms / ${HOUR_MS} having sum(cost_nano_usd) > 0`);
  const sessions = db.query<SessionSpend, [number]>(`
    select s.source || ':' || s.source_session_id as session_key, ${SUMS}
    from usage_rollup u join sessions s on s.session_pk = u.session_pk
    where u.session_pk in (select session_pk from usage_rollup where bucket_unix_ms >= ?)
    group by u.session_pk`);
  const any = db.query<{ found: 0 | 1 }, []>("select exists (select 1 from usage_rollup) as found");

  return {
    /** Of a range of whole quarter hours; without one, of all time. */
    of(scope: Scope, range?: Range): Spend {
      const { sql, params } = inScope(db, scope, "u.session_pk");
      const span: Params = range ? { from: range.from_unix_ms, until: range.until_unix_ms } : {};
      const when = range ? "u.bucket_unix_ms >= $from and u.bucket_unix_ms < $until" : "true";
      const run = db.query<Spend, Params>(`select ${SUMS} from usage_rollup u where ${when} and ${sql}`);
      return run.get({ ...params, ...span })!;
    },
    /** Total cost of the sessions that were active since then. */
    bySession: (since_unix_ms: number): SessionSpend[] => sessions.all(since_unix_ms),
    /** Cost of each UTC hour with any. */
    hours: (range: Range): number[] =>
      hours.all(range.from_unix_ms, range.until_unix_ms).map((h) => h.cost_nano_usd),
    hasAny: (): boolean => any.get()!.found === 1,
  };
}
export type SpendQueries = ReturnType<typeof spendQueries>;
