import { listed } from "../schema/text.ts";
import { COST_LABELS } from "../schema/usage-kinds.ts";
import type { ModelReason, Reasons } from "./explain.ts";
import { counted, toCount, toLocalTime } from "./format.ts";
import { paint, terminalWidth, toPlain } from "./print.ts";
import { type Column, table } from "./table.ts";
import { dollars, fact, left, nano, right } from "./why-labels.ts";

/** A session or a day: per model the stored integers, then the requests that they are the sum of. */
export function sumLines(kind: "session" | "day", name: string, reasons: Reasons, zone: string): string[] {
  const { total, models, inherited } = reasons;
  const { cost_complete, unpriced_requests, unpriced_tokens, priced_tokens_percent } = total.coverage;
  return [
    paint("bold", `${kind} ${toPlain(name)}${kind === "day" ? ` (${zone})` : ""}`),
    ...fact("cost", `${dollars(total.cost_nano_usd)} for ${counted(total.requests, "request")}`),
    ...fact(
      "no price",
      cost_complete
        ? null
        : `${counted(unpriced_tokens, "token")} in ${counted(unpriced_requests, "entry", "entries")}; ${priced_tokens_percent} % of all have one`,
    ),
    ...inherited.flatMap((i) =>
      fact("inherited", `context from ${i.session_key}: ${counted(i.requests, "request")}, not billed here`),
    ),
    ...(models.length > 1
      ? ["", ...table(modelTable(reasons), { width: terminalWidth(), has_total: true })]
      : []),
    ...models.flatMap((m) => ["", ...modelLines(m, zone)]),
    "",
    "Run `hall-monitor why <request>` for the items of one request.",
  ];
}

function modelTable({ models, total }: Reasons): Column[] {
  const rows = [...models, { ...total, model: "Sum" }];
  return [
    left(
      "Model",
      rows.map((m) => toPlain(m.model) || "unknown"),
    ),
    right(
      "Requests",
      rows.map((m) => toCount(m.requests)),
    ),
    right(
      "Tokens",
      rows.map((m) => toCount(m.total_tokens)),
    ),
    right(
      "nano-USD",
      rows.map((m) => nano(m.cost_nano_usd)),
    ),
  ];
}

function modelLines(m: ModelReason, zone: string): string[] {
  const width = { width: terminalWidth(), has_total: true };
  return [
    paint("bold", toPlain(m.model) || "unknown model"),
    ...fact("prices", listed(m.price_ids)),
    ...fact("no price", unpriced(m)),
    ...table(itemColumns(m), width),
    "",
    ...table(entryColumns(m, zone), width),
  ];
}

function itemColumns(m: ModelReason): Column[] {
  const items = m.line_items.filter((l) => l.quantity > 0 || l.cost_nano_usd > 0);
  const isPriced = m.cost_nano_usd !== null;
  return [
    left("Item", [...items.map((l) => COST_LABELS[l.item]), "Sum"]),
    right("Count", [...items.map((l) => toCount(l.quantity)), ""]),
    right("nano-USD", [...items.map((l) => (isPriced ? nano(l.cost_nano_usd) : "—")), nano(m.cost_nano_usd)]),
  ];
}

function entryColumns(m: ModelReason, zone: string): Column[] {
  const rows = m.entries.map((e) => [
    toPlain(e.request_key),
    e.part || "request",
    toLocalTime(e.time_unix_ms, zone),
    toCount(e.total_tokens),
    nano(e.cost_nano_usd),
  ]);
  const { entries, total_tokens, cost_nano_usd } = m.rest;
  if (entries > 0)
    rows.push([`${toCount(entries)} more`, "", "", toCount(total_tokens), nano(cost_nano_usd)]);
  rows.push(["Sum", "", "", toCount(m.total_tokens), nano(m.cost_nano_usd)]);
  const cells = (i: number) => rows.map((row) => row[i] ?? "");
  return [
    { ...left("Request", cells(0)), shrink_to: 16 },
    { ...left("What", cells(1)), drop: 2 },
    { ...left("Time", cells(2)), drop: 1 },
    right("Tokens", cells(3)),
    right("nano-USD", cells(4)),
  ];
}

function unpriced({ coverage, unpriced_reason }: ModelReason): string | null {
  if (unpriced_reason === null) return null;
  const { unpriced_requests, unpriced_tokens } = coverage;
  return `${counted(unpriced_tokens, "token")} in ${counted(unpriced_requests, "entry", "entries")}: ${unpriced_reason}`;
}
