import type { Database } from "bun:sqlite";
import { BLOCK_MS, type Block, blockQueries } from "../../store/queries/blocks.ts";
import type { Command } from "../command.ts";
import { toDuration, toLocalTime } from "../format.ts";
import { ByModel, type PeriodRow, type Report, type ReportQuery, rangeOf } from "../usage-report.ts";
import { usageTable } from "../usage-table.ts";
import { REPORT_OPTIONS, report } from "./report.ts";

type BlockRow = PeriodRow & Pick<Block, "source" | "first_unix_ms" | "last_unix_ms"> & { is_active: boolean };

export const blocks: Command = {
  options: REPORT_OPTIONS,
  more:
    "A block starts at the full hour of its first request and lasts five hours; each agent has its own.\n" +
    "Filters change what is summed, never where a block starts. Exit code 69 if there is no data.",
  run: (call) =>
    report(call, blockReport, (found, options) => {
      const isMixed = new Set(found.rows.map((row) => row.source)).size > 1;
      const now = Date.now();
      const rows = found.rows.map((row) => ({
        labels: [
          toLocalTime(row.bucket_unix_ms, found.time_zone),
          ...(isMixed ? [row.source] : []),
          row.is_active ? `${toDuration(row.until_unix_ms - now)} left` : "",
        ],
        totals: row,
      }));
      const head = [
        { title: "Block", shrink_to: 16 },
        ...(isMixed ? [{ title: "Agent", drop: 6 }] : []),
        { title: "", drop: 7 },
      ];
      return usageTable(head, rows, found, options);
    }),
};

/** The rows of a range are its requests, each in one block, so they add up to the sum of `daily`. */
export function blockReport(db: Database, query: ReportQuery): Report<BlockRow> {
  const range = rangeOf(db, query);
  const all = new ByModel();
  const rows = blockQueries(db)
    .blocks({ ...query.scope, ...range, model: query.model })
    .map((block) => {
      const sums = new ByModel();
      for (const { model, sums: one } of block.usage) sums.add(model, one);
      all.addAll(sums);
      return toRow(block, sums, query);
    });
  return { time_zone: query.time_zone, ...range, rows, models: all.models(), total: all.total() };
}

function toRow(block: Block, sums: ByModel, { time_zone, now }: ReportQuery): BlockRow {
  const { from_unix_ms, until_unix_ms, usage: _, ...rest } = block;
  const local = Temporal.Instant.fromEpochMilliseconds(from_unix_ms).toZonedDateTimeISO(time_zone);
  return {
    bucket: local.toString({ timeZoneName: "never", smallestUnit: "minute" }),
    bucket_unix_ms: from_unix_ms,
    until_unix_ms,
    ...rest,
    is_active: now < until_unix_ms && now - block.last_unix_ms < BLOCK_MS,
    ...sums.total(),
    models: sums.models(),
  };
}
