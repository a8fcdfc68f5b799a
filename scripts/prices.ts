import { readFileSync, writeFileSync } from "node:fs";
import {
  findProvider,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
  TieredPrices,
} from "@pydantic/genai-prices";
import { type PriceData, type PriceRow, priceId, type Rates } from "../store/price-book.ts";
import {
  CHECKED_ON,
  CONTEXT_TOKENS,
  multipliersOf,
  NOTES,
  PACKAGE_VERSION,
  ROWS,
} from "./price-supplement.ts";

/**
 * Writes store/pricing.json from the package's Anthropic and OpenAI models and our dated supplement, and
 * prints what changed. `--check` writes nothing and exits 1 if the file is not what would be written.
 */
const TARGET = new URL("../store/pricing.json", import.meta.url);
const VENDORS = ["anthropic", "openai"] as const;
const PACKAGE_FILE = new URL("../package.json", import.meta.resolve("@pydantic/genai-prices"));
/** What an agent may talk to; fine-tunes carry their owner's price. */
const AGENT_MODELS = /^(claude-|gpt-|o\d|codex-)/;
/** A model with a unit beyond these (audio, images) cannot be priced from the tokens an agent reports. */
const UNITS = new Set([
  "input_mtok",
  "output_mtok",
  "cache_read_mtok",
  "cache_write_mtok",
  "cache_write_1h_mtok",
  "web_searches_kcount",
  "storage_searches_kcount",
]);

export function generate(): PriceData {
  const ours = new Set(ROWS.map((row) => row.model));
  const rows = [...ROWS];
  const aliases: Record<string, string> = {};
  const contexts: Record<string, number> = { ...CONTEXT_TOKENS };
  for (const vendor of VENDORS)
    for (const model of providerOf(vendor).models) {
      const priced = toRows(vendor, model);
      if (priced.length === 0 || !AGENT_MODELS.test(model.id)) continue;
      for (const name of namesOf(model.match)) if (AGENT_MODELS.test(name)) aliases[name] = model.id;
      if (!ours.has(model.id)) rows.push(...priced);
      if (model.context_window) contexts[model.id] ??= model.context_window;
    }
  for (const model of rows.map((row) => row.model)) delete aliases[model];
  rows.sort((a, b) => compare(a.model, b.model) || compare(a.from ?? "", b.from ?? ""));
  return {
    generated_from: `@pydantic/genai-prices ${PACKAGE_VERSION} and scripts/price-supplement.ts`,
    rows: rows.map((row) => ({ ...row, multipliers: multipliersOf(row.model) })),
    aliases: Object.fromEntries(Object.entries(aliases).sort(([a], [b]) => compare(a, b))),
    notes: NOTES,
    context_tokens: Object.fromEntries(Object.entries(contexts).sort(([a], [b]) => compare(a, b))),
  };
}

function providerOf(providerId: string) {
  const provider = findProvider({ providerId });
  if (!provider) throw new Error(`the package no longer has ${providerId}`);
  return provider;
}

/** One row per start date; prices by time of day are left out, because a transcript does not show them. */
function toRows(vendor: string, model: ModelInfo): PriceRow[] {
  const dated = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }];
  const isDated = dated.every((d) => d.constraint === undefined || d.constraint.type === "start_date");
  const isTokens = dated.every(
    (d) => d.prices.output_mtok !== undefined && Object.keys(d.prices).every((k) => UNITS.has(k)),
  );
  if (!isDated || !isTokens) return [];
  const starts = dated.map((d) => (d.constraint?.type === "start_date" ? d.constraint.start_date : null));
  return dated.map(({ prices }, i) => ({
    model: model.id,
    vendor,
    from: starts[i] ?? null,
    until: starts[i + 1] ?? null,
    usd_per_mtok: ratesOf(vendor, prices, 0),
    tiers: tierStarts(prices).map((above_tokens) => ({
      above_tokens,
      usd_per_mtok: ratesOf(vendor, prices, above_tokens + 1),
    })),
    web_search_usd: typeof prices.web_searches_kcount === "number" ? prices.web_searches_kcount / 1000 : null,
    multipliers: {},
    source_url: sourceOf(vendor, model),
    checked_on: CHECKED_ON,
  }));
}

function ratesOf(vendor: string, prices: ModelPrice, promptTokens: number): Rates {
  const rate = (key: string): number | undefined => {
    const price = prices[key];
    if (price === undefined || typeof price === "number") return price;
    return price.tiers.findLast((tier) => promptTokens > tier.start)?.price ?? price.base;
  };
  // OpenAI counts cached and written tokens as input unless it names a rate for them.
  const other = vendor === "openai" ? "input" : null;
  return {
    input: rate("input_mtok")!,
    cache_creation_5m: rate("cache_write_mtok") ?? other,
    cache_creation_1h: rate("cache_write_1h_mtok") ?? null,
    cache_read: rate("cache_read_mtok") ?? other,
    output: rate("output_mtok")!,
  };
}

function tierStarts(prices: ModelPrice): number[] {
  const tiered = Object.values(prices).filter(
    (price) => price instanceof TieredPrices || typeof price === "object",
  );
  return [...new Set(tiered.flatMap((price) => price.tiers.map((tier) => tier.start)))].sort((a, b) => a - b);
}

/** Whole names only. A `starts_with` gives its own text as one name, never everything that begins with it. */
function namesOf(match: MatchLogic): string[] {
  if ("or" in match) return match.or.flatMap(namesOf);
  if ("equals" in match) return [match.equals];
  if ("starts_with" in match)
    return /^claude-.*([a-z]|[-.]\d{1,2})$/.test(match.starts_with) ? [match.starts_with] : [];
  return [];
}

function sourceOf(vendor: string, model: ModelInfo): string {
  const named = /https:\/\/[^\s,)"]+/.exec(model.price_comments ?? "")?.[0];
  return named ?? providerOf(vendor).pricing_urls?.[0] ?? "https://github.com/pydantic/genai-prices";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One row per line, so that a change of price is a change of one line. */
export function print(data: PriceData): string {
  const block = (entries: string[]) => entries.map((entry) => `    ${entry}`).join(",\n");
  const pairs = (record: Record<string, string | number>) =>
    block(Object.entries(record).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`));
  return `{
  "generated_from": ${JSON.stringify(data.generated_from)},
  "rows": [
${block(data.rows.map((row) => JSON.stringify(row)))}
  ],
  "aliases": {
${pairs(data.aliases)}
  },
  "notes": {
${pairs(data.notes)}
  },
  "context_tokens": {
${pairs(data.context_tokens ?? {})}
  }
}
`;
}

export function difference(before: PriceData, after: PriceData): string[] {
  const byId = (data: PriceData) =>
    new Map(data.rows.map((row) => [priceId(row, null), JSON.stringify(row)]));
  const [old, now] = [byId(before), byId(after)];
  const lines: string[] = [];
  for (const [id, row] of now)
    if (!old.has(id)) lines.push(`added    ${id}`);
    else if (old.get(id) !== row) lines.push(`changed  ${id}\n  was ${old.get(id)}\n  is  ${row}`);
  for (const id of old.keys()) if (!now.has(id)) lines.push(`removed  ${id}`);
  const names = (data: PriceData) => JSON.stringify([data.aliases, data.notes, data.context_tokens]);
  if (names(before) !== names(after)) lines.push("changed  aliases, notes or sizes of contexts");
  return lines;
}

function main(isCheck: boolean): number {
  const { version } = JSON.parse(readFileSync(PACKAGE_FILE, "utf8")) as { version: string };
  if (version !== PACKAGE_VERSION) {
    console.error(
      `the package is ${version}: read the sources again, then set PACKAGE_VERSION and CHECKED_ON`,
    );
    return 1;
  }
  const text = readFileSync(TARGET, "utf8");
  const data = generate();
  const lines = difference(JSON.parse(text), data);
  for (const line of lines) console.log(line);
  console.log(`${data.rows.length} rows, ${lines.length} differences`);
  if (isCheck) return text === print(data) ? 0 : 1;
  writeFileSync(TARGET, print(data));
  return 0;
}

if (import.meta.main) process.exit(main(process.argv.includes("--check")));
