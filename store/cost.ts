import { MOST_TOKENS_OF_A_GAP } from "../schema/gate.ts";
import { flagBit, isCount, totalTokens, type Usage } from "../schema/usage.ts";
import type { PriceBook } from "./price-book.ts";
import { findTariff, type Price, type PricedRequest, type Tariff } from "./tariff.ts";

export type Cost = {
  /** The row of the price book that was used; null if there is none. */
  price_id: string | null;
  /** Bits of QUALITY_FLAGS that pricing adds to the request's own. */
  flags: number;
  input_nano_usd: number | null;
  cache_creation_5m_nano_usd: number | null;
  cache_creation_1h_nano_usd: number | null;
  cache_read_nano_usd: number | null;
  output_nano_usd: number | null;
  web_search_nano_usd: number | null;
  /** Sum of the rounded items; null if one of them is unknown. */
  cost_nano_usd: number | null;
};

const UNPRICED = flagBit("unpriced");
const BAD_NUMBER = flagBit("bad_number");
const UNBILLED_FALLBACK = flagBit("unbilled_fallback");

/** What a request cost at list price. Unknown is null in every item, never 0. */
export function cost(book: PriceBook, request: PricedRequest): Cost {
  if (isUnbilled(request)) return flat(0, 0);
  const tariff = findTariff(book, request);
  if (tariff === null) return flat(null, UNPRICED);
  if (!isPlausible(request.usage)) return flat(null, UNPRICED + BAD_NUMBER);
  return charge(tariff, request.usage);
}

function charge(tariff: Tariff, usage: Usage): Cost {
  const { prices, price_id, flags } = tariff;
  const m5 = usage.cache_creation_5m_input_tokens;
  const h1 = usage.cache_creation_1h_input_tokens;
  const read = usage.cache_read_input_tokens;
  let plain = usage.uncached_input_tokens;
  if (prices.cache_creation_5m === "input") plain += m5;
  if (prices.cache_creation_1h === "input") plain += h1;
  if (prices.cache_read === "input") plain += read;
  const searches = usage.web_search_requests;
  const input_nano_usd = amount(plain, prices.input);
  const cache_creation_5m_nano_usd = amount(m5, prices.cache_creation_5m);
  const cache_creation_1h_nano_usd = amount(h1, prices.cache_creation_1h);
  const cache_read_nano_usd = amount(read, prices.cache_read);
  const output_nano_usd = amount(usage.output_tokens, prices.output);
  const web_search_nano_usd = searches === 0 ? 0 : searches * tariff.web_search_nano_usd;
  const cost_nano_usd =
    input_nano_usd +
    cache_creation_5m_nano_usd +
    cache_creation_1h_nano_usd +
    cache_read_nano_usd +
    output_nano_usd +
    web_search_nano_usd;
  if (!Number.isSafeInteger(cost_nano_usd)) return flat(null, flags + UNPRICED);
  return {
    price_id,
    flags,
    input_nano_usd,
    cache_creation_5m_nano_usd,
    cache_creation_1h_nano_usd,
    cache_read_nano_usd,
    output_nano_usd,
    web_search_nano_usd,
    cost_nano_usd,
  };
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

/** A model that failed and was not billed costs nothing, whether its price is known or not. */
function isUnbilled({ flags = 0, usage }: PricedRequest): boolean {
  return (flags & UNBILLED_FALLBACK) !== 0 && totalTokens(usage) === 0 && usage.web_search_requests === 0;
}

/** The same in every item. */
function flat(nano_usd: 0 | null, flags: number): Cost {
  return {
    price_id: null,
    flags,
    input_nano_usd: nano_usd,
    cache_creation_5m_nano_usd: nano_usd,
    cache_creation_1h_nano_usd: nano_usd,
    cache_read_nano_usd: nano_usd,
    output_nano_usd: nano_usd,
    web_search_nano_usd: nano_usd,
    cost_nano_usd: nano_usd,
  };
}

function isPlausible(u: Usage): boolean {
  return (
    isBelievable(u.uncached_input_tokens) &&
    isBelievable(u.cache_creation_5m_input_tokens) &&
    isBelievable(u.cache_creation_1h_input_tokens) &&
    isBelievable(u.cache_read_input_tokens) &&
    isBelievable(u.output_tokens) &&
    isBelievable(u.web_search_requests)
  );
}

function isBelievable(n: number): boolean {
  return isCount(n) && n <= MOST_TOKENS_OF_A_GAP;
}
