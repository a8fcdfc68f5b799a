import type { RequestDetail } from "../schema/api-requests.ts";
import { FLAG_TEXTS } from "../schema/quality-flags.ts";
import { COST_LABELS, FEE_ITEMS } from "../schema/usage-kinds.ts";
import { agreed, counted, toCount, toExactDollars, toLocalTime } from "./format.ts";
import { paint, terminalWidth, toPlain } from "./print.ts";
import { type Column, table } from "./table.ts";
import { dollars, fact, left, nano, right } from "./why-labels.ts";

type LineItem = RequestDetail["line_items"][number];
type Part = RequestDetail["children"][number];

/** One request as a sum that can be followed with a pocket calculator. */
export function requestLines(r: RequestDetail, zone: string): string[] {
  return [
    paint("bold", toPlain(r.request_key)),
    ...fact("session", [r.session_key, r.agent_id && `agent ${r.agent_id}`].filter(Boolean).join(", ")),
    ...fact("time", `${toLocalTime(r.time_unix_ms, zone)} (${zone})`),
    ...fact("model", r.model || "unknown"),
    ...fact("served", served(r)),
    ...r.flags.flatMap((flag, i) => fact(i === 0 ? "flags" : "", `${flag}: ${FLAG_TEXTS[flag]}`)),
    ...priceLines(r),
    "",
    ...table(items(r), { width: terminalWidth(), has_total: true }),
    "",
    ...fact("cost", costLine(r)),
    ...fact("no price", r.unpriced_reason),
    ...fact("gap", gap(r)),
    ...fact("recorded", recorded(r)),
    ...fact("read from", place(r)),
    ...r.children.flatMap((c) => fact("part", partLine(c))),
    ...fact("part of", r.parent_key),
    ...r.copies.flatMap((key) => fact("copy", `also in ${key}, not billed there`)),
  ];
}

function partLine({ part, request_key, model, cost_nano_usd, flags }: Part): string {
  const suffix = flags.length === 0 ? "" : ` (${flags.join(", ")})`;
  return `${part}: ${request_key} of ${model || "unknown model"}, ${dollars(cost_nano_usd)}${suffix}`;
}

function served(r: RequestDetail): string {
  const named = (name: string, value: string) => (value === "" ? [] : [`${name} ${value}`]);
  return [
    ...named("tier", r.service_tier),
    ...named("speed", r.speed),
    ...named("place", r.inference_geo),
  ].join(", ");
}

function priceLines({ price, multipliers, price_id, price_is_current }: RequestDetail): string[] {
  if (!price) return price_id === null ? [] : fact("price", `${price_id}, no longer in the price book`);
  const from = price.from === null ? "" : `from ${price.from} `;
  const until = price.until === null ? "" : `until ${price.until} (exclusive) `;
  const tier = price.above_tokens === null ? "" : `, prompts above ${counted(price.above_tokens, "token")}`;
  return [
    ...fact(
      "price",
      `${price.price_id}${tier}: ${from}${until}checked on ${price.checked_on ?? "an unknown day"}`,
    ),
    ...fact("", price.source_url),
    ...multipliers.flatMap((m) => fact("times", `${m.factor} on every token price: ${m.name}`)),
    ...(price_is_current ? [] : fact("stale", "the price book has changed since: `hall-monitor recost`")),
  ];
}

function items(r: RequestDetail): Column[] {
  const rows = r.line_items.filter((l) => l.quantity > 0 || l.billed_quantity > 0);
  const sum = r.line_items.reduce((n, l) => n + (l.cost_nano_usd ?? 0), 0);
  return [
    left("Item", [...rows.map((l) => COST_LABELS[l.item]), "Sum"]),
    right("List price", [...rows.map(listPrice), ""]),
    right("Count", [...rows.map((l) => toCount(l.billed_quantity)), ""]),
    right("× nano-USD each", [...rows.map((l) => l.nano_usd_each ?? "—"), ""]),
    right("= nano-USD", [
      ...rows.map((l) => nano(l.cost_nano_usd)),
      r.cost_nano_usd === null ? "—" : nano(sum),
    ]),
  ];
}

function listPrice(l: LineItem): string {
  if (FEE_ITEMS.some((fee) => fee === l.item))
    return l.nano_usd_each === null ? "—" : `$${Number(l.nano_usd_each) / 1e9} each`;
  if (l.billed_quantity < l.quantity) return "as input";
  return l.usd_per_mtok === null ? "—" : `$${l.usd_per_mtok}/million`;
}

function costLine(r: RequestDetail): string {
  const isExact = r.line_items.every((l) => l.is_exact || l.cost_nano_usd === null);
  const rest = isExact ? "" : "; items were priced by a row that has changed since";
  return r.cost_nano_usd === null
    ? "unknown, not in any total"
    : `${toExactDollars(r.cost_nano_usd)} (a nano-USD is a billionth of a dollar; items are rounded half up${rest})`;
}

function gap({ gap_before_first_tokens: tokens }: RequestDetail): string | null {
  return tokens === null
    ? null
    : `${counted(tokens, "token")} of this thread ${agreed(tokens, "is", "are")} older than its file and not in any total`;
}

function recorded({ recorded_cost_nano_usd: byClient, cost_nano_usd: cost }: RequestDetail): string | null {
  if (byClient === null) return null;
  const gap = cost === null ? "" : `, ${toExactDollars(byClient - cost)} from the calculated cost`;
  return `${toExactDollars(byClient)} by the client itself${gap}`;
}

function place(r: RequestDetail): string | null {
  if (r.source_path === null) return "an unknown file";
  return `${r.source_path} at byte ${toCount(r.source_offset_bytes)}${r.source_available ? "" : ` (the file is ${r.source_state})`}`;
}
