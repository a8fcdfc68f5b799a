import { isCount } from "../schema/count.ts";
import { MOST_TOKENS_OF_A_GAP } from "../schema/gate.ts";
import { flagBit, type Usage } from "../schema/usage.ts";
import { type CostItem, PRICED_KINDS } from "../schema/usage-kinds.ts";
import type { PriceBook } from "./price-book.ts";
import { findTariff, type Price, type PricedRequest, type Tariff } from "./tariff.ts";

type Items = Record<`${CostItem}_nano_usd`, number | null>;
export type Cost = Items & {
  /** The row of the price book that was used; null if there is none. */
  price_id: string | null;
  /** Bits of QUALITY_FLAGS that pricing adds to the request's own. */
  flags: number;
  /** Sum of the rounded items; null if one of them is unknown. */
  cost_nano_usd: number | null;
};

const UNPRICED = flagBit("unpriced");
const BAD_NUMBER = flagBit("bad_number");
const UNBILLED_FALLBACK = flagBit("unbilled_fallback");

/** Cost of a request at list price. An unknown item is null, never 0. */
export function cost(book: PriceBook, request: PricedRequest): Cost {
  if (isUnbilled(request)) return flat(0, 0);
  const tariff = findTariff(book, request);
  if (tariff === null) return flat(null, UNPRICED);
  if (!isPlausible(request.usage)) return flat(null, UNPRICED + BAD_NUMBER);
  return charge(tariff, request.usage);
}

/** A kind that costs something, with the column of its money. */
const KINDS = PRICED_KINDS.map((kind) => ({ ...kind, column: `${kind.item}_nano_usd` as const }));

function charge({ prices, price_id, flags }: Tariff, usage: Usage): Cost {
  const cost = flat(null, flags);
  let asInput = 0;
  for (const { field, item } of KINDS) if (prices[item] === "input") asInput += usage[field];
  let sum = 0;
  for (const { field, item, column } of KINDS) {
    const nano_usd = amount(usage[field] + (item === "input" ? asInput : 0), prices[item]);
    cost[column] = nano_usd;
    sum += nano_usd;
  }
  if (!Number.isSafeInteger(sum)) return flat(null, flags + UNPRICED);
  cost.price_id = price_id;
  cost.cost_nano_usd = sum;
  return cost;
}

/** Rounded half up. NaN where tokens have no rate, which makes the whole request unpriced. */
export function amount(tokens: number, price: Price | "input" | null): number {
  if (tokens === 0 || price === "input") return 0;
  if (price === null) return Number.NaN;
  const { numerator, denominator } = price;
  const product = tokens * numerator;
  if (product > Number.MAX_SAFE_INTEGER) {
    const exact = 2n * BigInt(tokens) * BigInt(numerator) + BigInt(denominator);
    return Number(exact / (2n * BigInt(denominator)));
  }
  if (denominator === 1) return product;
  const rest = product % denominator;
  return (product - rest) / denominator + (2 * rest >= denominator ? 1 : 0);
}

/** A model that failed without being billed costs nothing, even if its price is unknown. */
function isUnbilled({ flags = 0, usage }: PricedRequest): boolean {
  return (flags & UNBILLED_FALLBACK) !== 0 && KINDS.every(({ field }) => usage[field] === 0);
}

/** The same value for every item. */
const flat = new Function(
  "nano_usd",
  "flags",
  `return { price_id: null, flags, ${KINDS.map(({ column }) => `${column}: nano_usd`).join(", ")}, cost_nano_usd: nano_usd };`,
) as (nano_usd: 0 | null, flags: number) => Cost;

function isPlausible(u: Usage): boolean {
  for (const { field } of KINDS) if (!isCount(u[field]) || u[field] > MOST_TOKENS_OF_A_GAP) return false;
  return true;
}
