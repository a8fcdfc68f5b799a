import type { Aggregations } from "../../schema/api-shapes.ts";
import type { RouteRequest } from "../../schema/api-types.ts";
import type { Group } from "../../schema/groups.ts";
import type { aggregationQueries } from "../../store/queries/aggregations.ts";
import { toCost, toCoverage, toTokens } from "../../store/queries/totals.ts";
import type { Bucket } from "../../store/queries/zone.ts";
import { addSums, noSums, type Sums } from "../../store/sums.ts";

export type AggregationsQuery = RouteRequest<"GET /api/aggregations">["query"];
export type Cell = { bucket_unix_ms: number; grp: string | null; sums: Sums | null; count: number };
export type Span = Pick<
  Aggregations,
  "time_zone" | "from_unix_ms" | "until_unix_ms" | "first_record_unix_ms"
> & {
  buckets: Bucket[];
};

type Queries = Pick<ReturnType<typeof aggregationQueries>, "sessionNames" | "planNames" | "promptsOf">;

function toValue(metric: AggregationsQuery["metric"], sums: Sums | null, count: number): number | null {
  if (metric === "count" || sums === null) return count;
  return metric === "cost" ? toCost(sums) : toTokens(sums).total_tokens;
}

function addCell(into: { sums: Sums; count: number }, { sums, count }: Part): void {
  into.count += count;
  if (sums) addSums(into.sums, sums);
}

type Part = Pick<Cell, "sums" | "count">;
function sumOf(parts: readonly Part[]): { sums: Sums; count: number } {
  const sum = { sums: noSums(), count: 0 };
  for (const part of parts) addCell(sum, part);
  return sum;
}

function groupsOf(cells: readonly Cell[]) {
  const groups = new Map<string | null, { sums: Sums; count: number }>();
  for (const cell of cells) {
    const group = groups.get(cell.grp) ?? { sums: noSums(), count: 0 };
    groups.set(cell.grp, group);
    addCell(group, cell);
  }
  return groups;
}

const bucketsOf = (cells: readonly Cell[]) => [...Map.groupBy(cells, (cell) => cell.bucket_unix_ms)];

export function toAggregations(
  request: AggregationsQuery,
  span: Span,
  cells: Cell[],
  whole: Cell[],
  queries: Queries,
): Aggregations {
  const names = new Map(span.buckets.map((b) => [b.bucket_unix_ms, b.bucket]));
  const { metric } = request;
  const usesSums = metric !== "count";
  const all = sumOf(whole);
  // For kinds only the cost is known: the unpriced tokens are the same for all of them.
  const hasCoverage = usesSums && request.group_by !== "kind";
  const toSum = ({ sums, count }: { sums: Sums; count: number }) => ({
    value: toValue(metric, sums, count),
    coverage: hasCoverage ? toCoverage(sums) : null,
  });
  const inOrder = [...groupsOf(cells)]
    .map(([group, of]) => ({ group, of, value: toValue(metric, of.sums, of.count) }))
    .sort((a, b) => (b.value ?? -1) - (a.value ?? -1));
  const largest = inOrder.slice(0, request.limit);
  const shown = new Set(largest.map(({ group }) => group));
  const labels = labelsOf(request.group_by, shown.keys(), queries);
  return {
    ...span,
    period: request.period,
    metric,
    group_by: request.group_by ?? null,
    rows: cells
      .filter((cell) => shown.has(cell.grp))
      .map((cell) => ({
        bucket: names.get(cell.bucket_unix_ms) ?? "",
        bucket_unix_ms: cell.bucket_unix_ms,
        group: cell.grp,
        value: toValue(metric, cell.sums, cell.count),
        coverage: hasCoverage && cell.sums ? toCoverage(cell.sums) : null,
      })),
    groups: largest.map(({ group, of }) => ({
      group,
      label: labels.get(String(group)) ?? null,
      ...toSum(of),
    })),
    others: {
      groups: inOrder.length - largest.length,
      ...toSum(sumOf(inOrder.slice(request.limit).map(({ of }) => of))),
      rows: bucketsOf(cells.filter((cell) => !shown.has(cell.grp))).map(([bucket_unix_ms, of]) => ({
        bucket_unix_ms,
        value: toSum(sumOf(of)).value,
      })),
    },
    total: toValue(metric, all.sums, all.count),
    coverage: usesSums ? toCoverage(all.sums) : null,
  };
}

function labelsOf(
  group: Group | undefined,
  keys: Iterable<string | null>,
  queries: Queries,
): Map<string, string> {
  if (group === "session") return queries.sessionNames(keys);
  if (group === "plan") return queries.planNames();
  if (group === "prompt") return queries.promptsOf([...keys].filter((key) => key !== null));
  return new Map();
}
