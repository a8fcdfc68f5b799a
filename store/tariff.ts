import { recordOf } from "../schema/record-of.ts";
import { flagBit, inputTokens, type Usage } from "../schema/usage.ts";
import { type CostItem, FEE_ITEMS, RATE_ITEMS } from "../schema/usage-kinds.ts";
import { type PriceBook, type PriceRow, priceId, type Rates, resolveModel } from "./price-book.ts";

export type PricedRequest = {
  usage: Usage;
  model: string;
  time_unix_ms: number;
  service_tier: string;
  speed: string;
  inference_geo: string;
  /** Bits that the parser has set; `aggregated_usage` keeps a request off the long-context tier. */
  flags?: number;
};

/** Nano-USD per token as a reduced fraction, so that exact numbers are rounded once. */
export type Price = { numerator: number; denominator: number };
/** `"input"` = billed as plain input; null = no rate is known. */
type Prices = Record<CostItem, Price | "input" | null>;

/** The rates that hold for one request. */
export type Tariff = {
  price_id: string;
  prices: Prices;
  /** Bits of QUALITY_FLAGS that the choice of rates added. */
  flags: number;
};

/** An applied multiplier, by its name in the price row. */
export type Factor = { name: keyof PriceRow["multipliers"]; factor: number };

type Tier = { above_tokens: number; price_id: string; rates: Rates };
/** A row's tariffs by tier, for one combination of service tier and speed. */
type TariffRow = {
  from_unix_ms: number;
  until_unix_ms: number;
  row: PriceRow;
  tiers: Tier[];
  tariffs: Tariffs;
  last: LastServed;
};
type Served = { confirmed: Tariff; unconfirmed: Tariff };
type Tariffs = Map<string, Served[]>;
type LastServed = {
  service_tier: string | undefined;
  speed: string;
  inference_geo: string;
  tariffs: Served[];
};

const UNCONFIRMED = flagBit("price_unconfirmed");
const TIER_UNKNOWN = flagBit("tier_unknown");
const SPEED_UNKNOWN = flagBit("speed_unknown");
const AGGREGATED = flagBit("aggregated_usage");
const STANDARD_TIERS = new Set(["", "standard", "default"]);
const KNOWN_PLACES = new Set(["", "global", "not_available", "us"]);
/** Names come from files, so the caches must not grow without bound. */
const MOST_CACHED = 1000;

/** A bulk import looks up some ten models 200,000 times. */
const resolved = new WeakMap<PriceBook, Map<string, TariffRow[] | null>>();

/** Null if the book has no price for the model. */
export function findTariff(book: PriceBook, request: PricedRequest): Tariff | null {
  const rows = rowsOf(book, request.model);
  if (rows === null) return null;
  const row = rowAt(rows, request.time_unix_ms);
  const { confirmed, unconfirmed } = servedTariffs(row, request)[tierIndex(row, request)]!;
  const isDated = request.time_unix_ms >= row.from_unix_ms && request.time_unix_ms < row.until_unix_ms;
  return isDated ? confirmed : unconfirmed;
}

/** The newest row that was in effect; before the first one, the first. */
function rowAt(rows: TariffRow[], time_unix_ms: number): TariffRow {
  for (let i = rows.length - 1; i > 0; i--) if (rows[i]!.from_unix_ms <= time_unix_ms) return rows[i]!;
  return rows[0]!;
}

/** By the prompt of this request; a sum over several decides nothing. */
function tierIndex({ tiers }: TariffRow, request: PricedRequest): number {
  if (tiers.length === 1 || Math.floor((request.flags ?? 0) / AGGREGATED) % 2 === 1) return 0;
  const prompt = inputTokens(request.usage);
  return tiers.findLastIndex((tier, i) => i === 0 || prompt > tier.above_tokens);
}

function servedTariffs(row: TariffRow, request: PricedRequest): Served[] {
  const { last } = row;
  const isSame =
    last.service_tier === request.service_tier &&
    last.speed === request.speed &&
    last.inference_geo === request.inference_geo;
  if (!isSame) {
    const { service_tier, speed, inference_geo } = request;
    row.last = { service_tier, speed, inference_geo, tariffs: findServed(row, request) };
  }
  return row.last.tariffs;
}

function findServed(row: TariffRow, request: PricedRequest): Served[] {
  const key = `${request.service_tier}|${request.speed}|${request.inference_geo}`;
  const known = row.tariffs.get(key);
  if (known) return known;
  const { factors, flags } = multipliersOf(row.row, request);
  const made = row.tiers.map(({ price_id, rates }) => {
    const confirmed = { price_id, prices: compile(row.row, rates, factors), flags };
    return { confirmed, unconfirmed: { ...confirmed, flags: flags | UNCONFIRMED } };
  });
  if (row.tariffs.size >= MOST_CACHED) row.tariffs.clear();
  row.tariffs.set(key, made);
  return made;
}

export function multipliersOf(
  row: PriceRow,
  request: Omit<PricedRequest, "usage">,
): { factors: Factor[]; flags: number } {
  const { fast, batch, flex, geo_us } = row.multipliers;
  const { service_tier, speed, inference_geo } = request;
  // OpenAI's fast mode is a service tier, named priority until 2026-07-30; Anthropic's priority is a contract.
  const isFastTier = row.vendor === "openai" && (service_tier === "fast" || service_tier === "priority");
  const factors: Factor[] = [];
  let flags = 0;
  if (speed === "fast" || isFastTier) {
    if (fast === undefined) flags |= SPEED_UNKNOWN;
    else factors.push({ name: "fast", factor: fast });
  } else if (speed !== "" && speed !== "standard") flags |= SPEED_UNKNOWN;
  if (service_tier === "batch" && batch !== undefined) factors.push({ name: "batch", factor: batch });
  else if (service_tier === "flex" && flex !== undefined) factors.push({ name: "flex", factor: flex });
  else if (!isFastTier && !STANDARD_TIERS.has(service_tier)) flags |= TIER_UNKNOWN;
  if (inference_geo === "us" && geo_us !== undefined) factors.push({ name: "geo_us", factor: geo_us });
  if (!KNOWN_PLACES.has(inference_geo)) flags |= UNCONFIRMED;
  return { factors, flags };
}

/** No factor applies to a fee. */
function compile(row: PriceRow, rates: Rates, factors: Factor[]): Prices {
  return {
    ...recordOf(RATE_ITEMS, (item) => {
      const rate = rates[item] ?? null;
      return typeof rate === "number" ? tokenPrice(rate, factors) : rate;
    }),
    ...recordOf(FEE_ITEMS, (item) => feePrice(row[`${item}_usd`] ?? null)),
  };
}

/** US dollars for each use. */
export function feePrice(usd: number | null): Price | null {
  return usd === null ? null : { numerator: Math.round(usd * 1e9), denominator: 1 };
}

/** Rates have at most six decimals in dollars per million, factors at most three. */
export function tokenPrice(usdPerMtok: number, factors: readonly Factor[]): Price {
  let price = reduce(Math.round(usdPerMtok * 1e6), 1000);
  for (const { factor } of factors) {
    const by = reduce(Math.round(factor * 1000), 1000);
    price = reduce(price.numerator * by.numerator, price.denominator * by.denominator);
  }
  return price;
}

function reduce(numerator: number, denominator: number): Price {
  let [a, b] = [numerator, denominator];
  while (b > 0) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
}

function rowsOf(book: PriceBook, model: string): TariffRow[] | null {
  const known = resolved.get(book) ?? new Map<string, TariffRow[] | null>();
  const cached = known.get(model);
  if (cached !== undefined) return cached;
  const id = resolveModel(book, model);
  const rows = id === null ? null : book.rows.get(id)!.map(toRow);
  if (known.size >= MOST_CACHED) known.clear();
  resolved.set(book, known.set(model, rows));
  return rows;
}

function toRow(row: PriceRow): TariffRow {
  const tier = (above: number | null, rates: Rates): Tier => ({
    above_tokens: above ?? 0,
    price_id: priceId(row, above),
    rates,
  });
  return {
    from_unix_ms: row.from === null ? Number.NEGATIVE_INFINITY : Date.parse(row.from),
    until_unix_ms: row.until === null ? Number.POSITIVE_INFINITY : Date.parse(row.until),
    row,
    tariffs: new Map(),
    last: { service_tier: undefined, speed: "", inference_geo: "", tariffs: [] },
    tiers: [tier(null, row.usd_per_mtok), ...row.tiers.map((t) => tier(t.above_tokens, t.usd_per_mtok))],
  };
}
