import type { Database } from "bun:sqlite";
import type { Totals } from "../schema/api-shapes.ts";
import { rollupQueries } from "../store/queries/rollup.ts";
import type { Scope } from "../store/queries/scope.ts";
import { toTotals } from "../store/queries/totals.ts";
import { type Bucket, cut, toQuarters } from "../store/queries/zone.ts";
import { addSums, noSums, type Sums } from "../store/sums.ts";

export type ReportQuery = {
  scope: Scope;
  model: string | undefined;
  since: number | undefined;
  until: number | undefined;
  time_zone: string;
  now: number;
};
export type ModelTotals = Totals & { model: string };
export type PeriodRow = Totals & {
  bucket: string;
  bucket_unix_ms: number;
  until_unix_ms: number;
  models: ModelTotals[];
};
export type Report<Row> = {
  time_zone: string;
  from_unix_ms: number;
  until_unix_ms: number;
  first_record_unix_ms: number | null;
  rows: Row[];
  models: ModelTotals[];
  total: Totals;
};

/** Sums by model of one row; they provide the row, its breakdown and the totals. */
export class ByModel {
  private readonly sums = new Map<string, Sums>();
  add(model: string, row: Sums): void {
    const into = this.sums.get(model);
    if (into) addSums(into, row);
    else this.sums.set(model, { ...row });
  }
  addAll(other: ByModel): void {
    for (const [model, sums] of other.sums) this.add(model, sums);
  }
  total(): Totals {
    const all = noSums();
    for (const sums of this.sums.values()) addSums(all, sums);
    return toTotals(all);
  }
  models(): ModelTotals[] {
    return [...this.sums]
      .map(([model, sums]) => ({ model, ...toTotals(sums) }))
      .sort((a, b) => (b.cost_nano_usd ?? -1) - (a.cost_nano_usd ?? -1) || b.total_tokens - a.total_tokens);
  }
}

export function rangeOf(db: Database, query: ReportQuery) {
  const first_record_unix_ms = rollupQueries(db).firstRecord();
  const range = toQuarters({
    from_unix_ms: query.since ?? first_record_unix_ms ?? query.now,
    until_unix_ms: query.until ?? query.now + 1,
  });
  return { first_record_unix_ms, ...range };
}

/** The periods of a range, cut to it. */
export function bucketsOf(db: Database, period: "day" | "week" | "month", query: ReportQuery) {
  const range = rangeOf(db, query);
  const from = Math.max(range.from_unix_ms, range.first_record_unix_ms ?? range.from_unix_ms);
  const whole = cut(period, { from_unix_ms: from, until_unix_ms: range.until_unix_ms }, query.time_zone);
  const buckets = whole.map((b) => ({
    ...b,
    bucket_unix_ms: Math.max(b.bucket_unix_ms, range.from_unix_ms),
    until_unix_ms: Math.min(b.until_unix_ms, range.until_unix_ms),
  }));
  return { ...range, buckets };
}

/** Usage by local day, week or month; only periods with requests. */
export function periodReport(
  db: Database,
  period: "day" | "week" | "month",
  query: ReportQuery,
): Report<PeriodRow> {
  const { buckets, ...range } = bucketsOf(db, period, query);
  const rollup = rollupQueries(db);
  const ranges = buckets.map((b) => ({ from_unix_ms: b.bucket_unix_ms, until_unix_ms: b.until_unix_ms }));
  const byRange: ByModel[] = [];
  const all = new ByModel();
  for (const row of rollup.usage(ranges, rollup.sessionsIn(query.scope), { model: true })) {
    const model = row.model ?? "";
    if (query.model !== undefined && model !== query.model) continue;
    byRange[row.range] ??= new ByModel();
    byRange[row.range]!.add(model, row);
    all.add(model, row);
  }
  return {
    time_zone: query.time_zone,
    ...range,
    rows: toRows(buckets, byRange),
    models: all.models(),
    total: all.total(),
  };
}

function toRows(buckets: Bucket[], byRange: readonly (ByModel | undefined)[]): PeriodRow[] {
  return buckets.flatMap((b, range) => {
    const sums = byRange[range];
    return sums ? [{ ...b, ...sums.total(), models: sums.models() }] : [];
  });
}
