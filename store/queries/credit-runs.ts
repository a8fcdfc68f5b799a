import type { Database } from "bun:sqlite";
import type { CreditReading } from "../../schema/rate-limits.ts";
import type { Params, Scope } from "./scope.ts";

/** From the first reading of a balance to the last. */
export type CreditRun = CreditReading & { last_unix_ms: number };
type RunRow = Omit<CreditRun, "has_credits" | "is_unlimited"> & { has_credits: number; is_unlimited: number };

/** How balances changed, the latest change first. */
export function creditRunQueries(db: Database) {
  const runs = db.query<RunRow, Params>(`
    select source, account, limit_id, time_unix_ms, last_unix_ms, has_credits, is_unlimited, balance from credit_runs
    where last_unix_ms >= $from and time_unix_ms < $until
      and ($source = '' or source = $source) and ($account = '' or account = $account)
    order by time_unix_ms desc, source, account, limit_id limit $limit`);
  return {
    between: (
      { source, account }: Pick<Scope, "source" | "account">,
      { from_unix_ms, until_unix_ms }: { from_unix_ms: number; until_unix_ms: number },
      limit: number,
    ): CreditRun[] =>
      runs
        .all({
          source: source ?? "",
          account: account ?? "",
          from: from_unix_ms,
          until: until_unix_ms,
          limit,
        })
        .map((run) => ({ ...run, has_credits: run.has_credits === 1, is_unlimited: run.is_unlimited === 1 })),
  };
}
