import type { Totals } from "../schema/api-shapes.ts";
import { listed } from "../schema/text.ts";
import { uncertainNotes } from "../schema/uncertain.ts";
import { tokensUnder } from "../schema/usage.ts";
import { TOKEN_HEADINGS, type TokenHeading } from "../schema/usage-kinds.ts";
import { counted, toCount, toDollars } from "./format.ts";
import { toPlain } from "./print.ts";
import { type Column, table } from "./table.ts";
import type { ModelTotals, Report } from "./usage-report.ts";

export type Labelled = { labels: string[]; totals: Totals & { models: ModelTotals[] } };
type Label = Pick<Column, "title" | "shrink_to" | "drop">;
type Printed = { labels: string[]; models: string; totals: Totals };

/** Usage by the rows of a report, with a row of totals and a note on unknown prices. */
export function usageTable(
  head: Label[],
  rows: Labelled[],
  report: Pick<Report<unknown>, "models" | "total">,
  options: { width: number; breakdown: boolean },
): string[] {
  const printed: Printed[] = rows.flatMap((row) => [
    { labels: row.labels, models: names(row.totals.models), totals: row.totals },
    ...(options.breakdown ? row.totals.models.map((m) => breakdown(head, m)) : []),
  ]);
  printed.push({ labels: ["Total"], models: "", totals: report.total });
  const columns: Column[] = [
    ...head.map((label, i) => ({
      ...label,
      align: "left" as const,
      cells: printed.map((p) => toPlain(p.labels[i] ?? "")),
    })),
    ...(report.models.length > 0 ? [models(printed)] : []),
    numbers("Requests", printed, (t) => t.requests, 4),
    ...TOKEN_HEADINGS.map((title) => numbers(title, printed, (t) => tokensUnder(title, t), DROPPED[title])),
    numbers("Tokens", printed, (t) => t.total_tokens, 5),
    { title: "Cost", align: "right", cells: printed.map((p) => money(p.totals)) },
  ];
  return [...table(columns, { width: options.width, has_total: true }), ...footnotes(report)];
}

/** A narrow terminal omits the highest first; 0 is always kept. */
const DROPPED: Record<TokenHeading, number> = { Input: 0, "Cache write": 2, "Cache read": 1, Output: 0 };

function models(rows: Printed[]): Column {
  return {
    title: "Models",
    align: "left",
    cells: rows.map((r) => toPlain(r.models)),
    shrink_to: 12,
    drop: 3,
  };
}

function numbers(title: string, rows: Printed[], of: (t: Totals) => number, drop = 0): Column {
  return { title, align: "right", cells: rows.map((r) => toCount(of(r.totals))), ...(drop > 0 && { drop }) };
}

function breakdown(head: Label[], m: ModelTotals): Printed {
  return {
    labels: [`  ${listed([m.model || "unknown model"])}`, ...head.slice(1).map(() => "")],
    models: "",
    totals: m,
  };
}

/** The width that the table leaves in a terminal. */
const MODELS_CHARS = 40;

function names(models: ModelTotals[]): string {
  return listed(
    models.map((m) => m.model || "unknown"),
    MODELS_CHARS,
  );
}

/** A sum with unpriced parts is marked; a sum without any price is a dash. */
export function money(t: Totals): string {
  if (t.cost_nano_usd === null) return t.requests === 0 ? "" : "—*";
  return `${toDollars(t.cost_nano_usd)}${t.coverage.cost_complete ? "" : "*"}`;
}

const NAMED_CHARS = 200;

function footnotes(report: Pick<Report<unknown>, "models" | "total">): string[] {
  const notes = [...unpriced(report), ...uncertainNotes(report.total.coverage)];
  return notes.length === 0 ? [] : ["", ...notes];
}

function unpriced({ models, total }: Pick<Report<unknown>, "models" | "total">): string[] {
  const { unpriced_requests, unpriced_tokens, priced_tokens_percent, cost_complete } = total.coverage;
  if (cost_complete) return [];
  const unknown = models
    .filter((m) => !m.coverage.cost_complete)
    .map((m) => toPlain(m.model) || "an unnamed model");
  return [
    `* no price is known for ${counted(unpriced_requests, "request")} (${counted(unpriced_tokens, "token")}) of ${listed(unknown, NAMED_CHARS)}; the cost excludes them and covers ${priced_tokens_percent} % of the tokens`,
  ];
}
