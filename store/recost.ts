import type { Database } from "bun:sqlite";
import { metaOf } from "./meta.ts";
import { unpricedFlags } from "./request-merge.ts";
import { type CostOf, toSums } from "./request-rows.ts";
import { countRollupDifferences, createRollups, rebuildRollups } from "./rollups.ts";
import { COST_FIELDS, type RequestRow } from "./tables/requests.ts";

/** Most rows in one transaction: a reader never waits long, and a kill loses no committed progress. */
const PAGE_ROWS = 5000;
const AUDIT_PREFIX = "recost:";

export type ModelChange = {
  model: string;
  requests: number;
  changed: number;
  before_nano_usd: number;
  after_nano_usd: number;
  unpriced_before: number;
  unpriced_after: number;
};
export type Recost = {
  started_unix_ms: number;
  /** Null in the audit row of an interrupted run. */
  finished_unix_ms: number | null;
  dry_run: boolean;
  requests: number;
  changed: number;
  rollups_rebuilt: boolean;
  models: ModelChange[];
};
type Changed = { old: RequestRow; row: RequestRow };

/**
 * Reprices every stored request, and updates its sums. Running it again changes nothing. Leaves an audit row in `meta`
 * under `recost:<time>` with what each model cost before and after.
 */
export function recost(
  db: Database,
  price: CostOf,
  options: { dry_run: boolean; now: () => number },
): Recost {
  const started_unix_ms = options.now();
  const key = `${AUDIT_PREFIX}${new Date(started_unix_ms).toISOString()}`;
  const page = db.query<RequestRow, [number]>(
    `select * from requests where seq > ? order by seq limit ${PAGE_ROWS}`,
  );
  const tally = createTally();
  const write = writer(db);
  const report = (finished_unix_ms: number | null, rollups_rebuilt = false): Recost => ({
    started_unix_ms,
    finished_unix_ms,
    dry_run: options.dry_run,
    ...tally.result(),
    rollups_rebuilt,
  });
  const meta = metaOf(db);

  for (let rows = page.all(0); rows.length > 0; rows = page.all(rows.at(-1)!.seq)) {
    const changed: Changed[] = [];
    for (const old of rows) {
      const row = repriced(old, price);
      const isChanged = row.flags !== old.flags || COST_FIELDS.some((f) => row[f] !== old[f]);
      tally.add(old, row, isChanged);
      if (isChanged) changed.push({ old, row });
    }
    if (changed.length === 0 || options.dry_run) continue;
    db.transaction(() => {
      write(changed);
      meta.set(key, JSON.stringify(report(null)));
    }).immediate();
  }
  if (options.dry_run) return report(options.now());
  return db
    .transaction(() => {
      const isWrong = countRollupDifferences(db) > 0;
      if (isWrong) rebuildRollups(db);
      const done = report(options.now(), isWrong);
      meta.set(key, JSON.stringify(done));
      return done;
    })
    .immediate();
}

function repriced(old: RequestRow, price: CostOf): RequestRow {
  const { flags, ...money } = price({ ...old, usage: old });
  return { ...old, ...money, flags: unpricedFlags(old) | flags };
}

function writer(db: Database) {
  const rollups = createRollups(db);
  const update = db.query(
    `update requests set flags = ?, ${COST_FIELDS.map((f) => `${f} = ?`).join(", ")} where seq = ?`,
  );
  return (changed: Changed[]): void => {
    for (const { old, row } of changed) {
      update.run(row.flags, ...COST_FIELDS.map((f) => row[f]), row.seq);
      rollups.addRequest(old, toSums(old), -1);
      rollups.addRequest(row, toSums(row), 1);
    }
    rollups.flush();
  };
}

function createTally() {
  const models = new Map<string, ModelChange>();
  return {
    add(old: RequestRow, row: RequestRow, isChanged: boolean): void {
      let m = models.get(old.model);
      if (!m) {
        m = { model: old.model, requests: 0, changed: 0, ...noMoney() };
        models.set(old.model, m);
      }
      m.requests++;
      if (isChanged) m.changed++;
      m.before_nano_usd += old.cost_nano_usd ?? 0;
      m.after_nano_usd += row.cost_nano_usd ?? 0;
      if (old.cost_nano_usd === null) m.unpriced_before++;
      if (row.cost_nano_usd === null) m.unpriced_after++;
    },
    result() {
      const all = [...models.values()].sort(
        (a, b) => b.after_nano_usd - a.after_nano_usd || (a.model < b.model ? -1 : 1),
      );
      const sum = (of: (m: ModelChange) => number) => all.reduce((n, m) => n + of(m), 0);
      return { requests: sum((m) => m.requests), changed: sum((m) => m.changed), models: all };
    },
  };
}

function noMoney() {
  return { before_nano_usd: 0, after_nano_usd: 0, unpriced_before: 0, unpriced_after: 0 };
}
