import type { Database } from "bun:sqlite";
import { totalTokens } from "../schema/usage.ts";
import type { RequestObservation } from "./batch.ts";
import type { Cost } from "./cost.ts";
import { writer } from "./database.ts";
import { unpricedFlags } from "./request-merge.ts";
import type { Rollups } from "./rollups.ts";
import { valuesOf } from "./row-code.ts";
import { branchWriter } from "./session-branches.ts";
import { type Sums, uncertainOf, usageOf } from "./sums.ts";
import { columnsOf, insertInto } from "./table.ts";
import { REQUESTS, type RequestRow } from "./tables/requests.ts";

export type CostOf = (
  request: Pick<
    RequestObservation,
    "usage" | "model" | "time_unix_ms" | "service_tier" | "speed" | "inference_geo"
  >,
) => Cost;

const COLUMNS = columnsOf(REQUESTS);
const MUTABLE = COLUMNS.filter((c) => c !== "seq" && c !== "request_key" && c !== "parent_key");
const toValues = valuesOf(REQUESTS, COLUMNS);
const mutableValues = valuesOf(REQUESTS, MUTABLE);

/** The stored rows of requests; each change of a row also updates its sums. */
export function requestRows(db: Database, rollups: Rollups, price: CostOf) {
  const insert = writer(db, insertInto(REQUESTS, COLUMNS, "on conflict (request_key) do nothing"));
  const update = writer(db, `update requests set ${MUTABLE.map((c) => `${c} = ?`).join(", ")} where seq = ?`);
  const byKey = db.query<RequestRow, [string]>("select * from requests where request_key = ?");
  const remove = db.query("delete from requests where seq = ?");
  const branches = branchWriter(db);

  return {
    byKey: (request_key: string): RequestRow | null => byKey.get(request_key),
    /** False where its key is known. */
    insert(row: RequestRow): boolean {
      const isNew = insert(toValues(row)).changes === 1;
      branches.put(row);
      if (isNew) rollups.addRequest(row, toSums(row), 1);
      return isNew;
    },
    /** Stores the new state of a known request, repriced. */
    rewrite(old: RequestRow, next: RequestRow): RequestRow {
      const { flags, ...money } = price({ ...next, usage: next });
      const row: RequestRow = { ...next, ...money, flags: unpricedFlags(next) | flags };
      if (MUTABLE.every((c) => row[c] === old[c])) return row;
      update([...mutableValues(row), old.seq]);
      branches.put(row);
      rollups.addRequest(old, toSums(old), -1);
      rollups.addRequest(row, toSums(row), 1);
      return row;
    },
    remove(row: RequestRow): void {
      remove.run(row.seq);
      rollups.addRequest(row, toSums(row), -1);
    },
    /** After a rollback. */
    forget: (): void => branches.forget(),
  };
}
export type RequestRows = ReturnType<typeof requestRows>;

export function toSums(row: RequestRow): Sums {
  const isPriced = row.cost_nano_usd !== null;
  return {
    requests: row.parent_key === null ? 1 : 0,
    ...usageOf(row),
    cost_nano_usd: row.cost_nano_usd ?? 0,
    unpriced_requests: isPriced ? 0 : 1,
    unpriced_tokens: isPriced ? 0 : totalTokens(row),
    ...uncertainOf(row),
  };
}
