import type { RequestDetail } from "../schema/api-requests.ts";
import type { ModelReason, Reasons } from "./explain.ts";
import { counted, toCount, toExactDollars, toLocalTime } from "./format.ts";
import { paint, terminalWidth, toPlain } from "./print.ts";
import { type Column, table } from "./table.ts";

const NAMES = {
  input: "input",
  cache_creation_5m: "cache write, 5 min",
  cache_creation_1h: "cache write, 1 h",
  cache_read: "cache read",
  output: "output",
  web_search: "web search",
} as const;
type LineItem = RequestDetail["line_items"][number];

const left = (title: string, cells: string[]): Column => ({ title, align: "left", cells });
const right = (title: string, cells: string[]): Column => ({ title, align: "right", cells });
const fact = (name: string, value: string | null) => (value ? [`${name.padEnd(10)}${toPlain(value)}`] : []);
const nano = (amount: number | null) => (amount === null ? "—" : toCount(amount));
const dollars = (amount: number | null) => (amount === null ? "no price known" : toExactDollars(amount));

/** One request as a sum that can be followed with a pocket calculator. */
export function requestLines(r: RequestDetail, zone: string): string[] {
  return [
    paint("bold", toPlain(r.request_key)),
    ...fact("session", [r.session_key, r.agent_id && `agent ${r.agent_id}`].filter(Boolean).join(", ")),
    ...fact("time", `${toLocalTime(r.time_unix_ms, zone)} (${zone})`),
    ...fact("model", r.model || "unknown"),
    ...fact("served", served(r)),
    ...fact("flags", r.flags.join(", ")),
    ...priceLines(r),
    "",
    ...table(items(r), { width: terminalWidth(), has_total: true }),
    "",
    ...fact("cost", costLine(r)),
    ...fact("no price", r.unpriced_reason),
    ...fact("recorded", recorded(r)),
    ...fact("read from", place(r)),
    ...r.children.flatMap((c) =>
      fact("part", `${c.part}: ${c.request_key} of ${c.model}, ${dollars(c.cost_nano_usd)}`),
    ),
    ...fact("part of", r.parent_key),
    ...r.copies.flatMap((key) => fact("copy", `also stands in ${key}, and is not billed there`)),
  ];
}

function served(r: RequestDetail): string {
  const said = (name: string, value: string) => (value === "" ? [] : [`${name} ${value}`]);
  return [...said("tier", r.service_tier), ...said("speed", r.speed), ...said("place", r.inference_geo)].join(
    ", ",
  );
}

function priceLines({ price, multipliers, price_id, price_is_current }: RequestDetail): string[] {
  if (!price) return price_id === null ? [] : fact("price", `${price_id}, which has left the price book`);
  const from = price.from === null ? "" : `from ${price.from} `;
  const until = price.until === null ? "" : `until ${price.until} (exclusive) `;
  const tier = price.above_tokens === null ? "" : `, prompts above ${toCount(price.above_tokens)} tokens`;
  return [
    ...fact(
      "price",
      `${price.price_id}${tier}: ${from}${until}checked on ${price.checked_on ?? "no known day"}`,
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
    left("Item", [...rows.map((l) => NAMES[l.item]), "Sum"]),
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
  if (l.item === "web_search")
    return l.nano_usd_each === null ? "—" : `$${Number(l.nano_usd_each) / 1e9} each`;
  if (l.billed_quantity < l.quantity) return "as input";
  return l.usd_per_mtok === null ? "—" : `$${l.usd_per_mtok}/million`;
}

function costLine(r: RequestDetail): string {
  const isExact = r.line_items.every((l) => l.is_exact || l.cost_nano_usd === null);
  const rest = isExact ? "" : "; items were priced by a row that has changed since";
  return r.cost_nano_usd === null
    ? "unknown, and in no sum"
    : `${toExactDollars(r.cost_nano_usd)} (a nano-USD is a billionth of a dollar; items are rounded half up${rest})`;
}

function recorded({ recorded_cost_nano_usd: said, cost_nano_usd: cost }: RequestDetail): string | null {
  if (said === null) return null;
  const gap = cost === null ? "" : `, ${toExactDollars(said - cost)} from the calculated cost`;
  return `${toExactDollars(said)} by the client itself${gap}`;
}

function place(r: RequestDetail): string | null {
  if (r.source_path === null) return "a file that is known no more";
  return `${r.source_path} at byte ${toCount(r.source_offset_bytes)}${r.source_available ? "" : ` (the file is ${r.source_state})`}`;
}

/** A session or a day: per model the stored integers, then the requests that they are the sum of. */
export function sumLines(kind: "session" | "day", name: string, reasons: Reasons, zone: string): string[] {
  const { total, models, inherited } = reasons;
  const { cost_complete, unpriced_requests, unpriced_tokens } = total.coverage;
  return [
    paint("bold", `${kind} ${toPlain(name)}${kind === "day" ? ` (${zone})` : ""}`),
    ...fact("cost", `${dollars(total.cost_nano_usd)} for ${counted(total.requests, "request")}`),
    ...fact(
      "no price",
      cost_complete
        ? null
        : `${toCount(unpriced_tokens)} tokens in ${counted(unpriced_requests, "entry", "entries")}`,
    ),
    ...inherited.flatMap((i) =>
      fact("inherited", `context from ${i.session_key}: ${counted(i.requests, "request")}, not billed here`),
    ),
    ...(models.length > 1
      ? ["", ...table(modelTable(reasons), { width: terminalWidth(), has_total: true })]
      : []),
    ...models.flatMap((m) => ["", ...modelLines(m, zone)]),
    "",
    "The items of a request: `hall-monitor why <request>`.",
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
  const items = m.line_items.filter((l) => l.quantity > 0 || l.cost_nano_usd > 0);
  const isPriced = m.cost_nano_usd !== null;
  const entries = [
    ...m.entries.map((e) => [
      toPlain(e.request_key),
      e.part || "request",
      toLocalTime(e.time_unix_ms, zone),
      toCount(e.total_tokens),
      nano(e.cost_nano_usd),
    ]),
    ...(m.rest.entries > 0
      ? [
          [
            `${toCount(m.rest.entries)} more`,
            "",
            "",
            toCount(m.rest.total_tokens),
            nano(m.rest.cost_nano_usd),
          ],
        ]
      : []),
    ["Sum", "", "", toCount(m.total_tokens), nano(m.cost_nano_usd)],
  ];
  const cells = (i: number) => entries.map((e) => e[i] ?? "");
  return [
    paint("bold", toPlain(m.model) || "unknown model"),
    ...fact("prices", m.price_ids.join(", ")),
    ...fact("no price", unpriced(m)),
    ...table(
      [
        left("Item", [...items.map((l) => NAMES[l.item]), "Sum"]),
        right("Count", [...items.map((l) => toCount(l.quantity)), ""]),
        right("nano-USD", [
          ...items.map((l) => (isPriced ? nano(l.cost_nano_usd) : "—")),
          nano(m.cost_nano_usd),
        ]),
      ],
      { width: terminalWidth(), has_total: true },
    ),
    "",
    ...table(
      [
        { ...left("Request", cells(0)), shrink_to: 16 },
        { ...left("What", cells(1)), drop: 2 },
        { ...left("Time", cells(2)), drop: 1 },
        right("Tokens", cells(3)),
        right("nano-USD", cells(4)),
      ],
      { width: terminalWidth(), has_total: true },
    ),
  ];
}

function unpriced({ coverage, unpriced_reason }: ModelReason): string | null {
  if (unpriced_reason === null) return null;
  const { unpriced_requests, unpriced_tokens } = coverage;
  return `${toCount(unpriced_tokens)} tokens in ${counted(unpriced_requests, "entry", "entries")}: ${unpriced_reason}`;
}
