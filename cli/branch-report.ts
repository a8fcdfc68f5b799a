import type { Database } from "bun:sqlite";
import type { Totals } from "../schema/api-shapes.ts";
import type { BranchGroup } from "../schema/groups.ts";
import { aggregationQueries } from "../store/queries/aggregations.ts";
import { toTotals } from "../store/queries/totals.ts";
import { addSums, noSums } from "../store/sums.ts";
import {
  bucketsOf,
  type ModelTotals,
  type PeriodRow,
  type Report,
  type ReportQuery,
} from "./usage-report.ts";

/** `group`: a branch, or the address of a pull request; empty = none. */
export type BranchRow = PeriodRow & { group: string };

/** Usage by local day, week or month and by branch or pull request; most expensive first within each period. */
export function branchReport(
  db: Database,
  period: "day" | "week" | "month",
  group: BranchGroup,
  query: ReportQuery,
): Report<BranchRow> {
  const { buckets, ...range } = bucketsOf(db, period, query);
  const starts = new Map(buckets.map((b) => [b.bucket_unix_ms, b]));
  const all = noSums();
  const rows = aggregationQueries(db)
    .usageByBucket(buckets, group, query.scope)
    .map(({ bucket_unix_ms, grp, ...sums }) => {
      addSums(all, sums);
      return { ...starts.get(bucket_unix_ms)!, group: grp ?? "", ...toTotals(sums), models: NO_MODELS };
    })
    .sort((a, b) => a.bucket_unix_ms - b.bucket_unix_ms || costOf(b) - costOf(a));
  return { time_zone: query.time_zone, ...range, rows, models: NO_MODELS, total: toTotals(all) };
}

const NO_MODELS: ModelTotals[] = [];
const costOf = ({ cost_nano_usd }: Totals): number => cost_nano_usd ?? -1;
