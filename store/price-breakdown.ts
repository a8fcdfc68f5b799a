import type { RequestDetail } from "../schema/api-requests.ts";
import { flagBit, type Usage } from "../schema/usage.ts";
import { amount, type Cost, cost } from "./cost.ts";
import { describePrice, type PriceBook, type PriceDescription, unpricedNote } from "./price-book.ts";
import { type Factor, multipliersOf, type Price, type PricedRequest, tokenPrice } from "./tariff.ts";

/** A stored request with the money it was stored with. */
export type StoredRequest = Usage & Cost & Omit<PricedRequest, "usage" | "flags">;
export type PriceBreakdown = Pick<
  RequestDetail,
  "line_items" | "multipliers" | "price" | "price_is_current" | "unpriced_reason"
>;
type Item = RequestDetail["line_items"][number];
type RateName = Exclude<Item["item"], "web_search">;

const BAD_NUMBER = flagBit("bad_number");
const DIGITS = 15;

/** How a stored cost came about: tokens × price = nano-USD, with the price row that was used. */
export function priceBreakdown(book: PriceBook, row: StoredRequest): PriceBreakdown {
  const price = row.price_id === null ? null : describePrice(book, row.price_id);
  const multipliers = price === null ? [] : multipliersOf(price, row).factors;
  const now = cost(book, { ...row, usage: row });
  return {
    line_items: [
      ...(["input", "cache_creation_5m", "cache_creation_1h", "cache_read", "output"] as const).map((name) =>
        tokenItem(name, row, price, multipliers),
      ),
      searchItem(row, price),
    ],
    multipliers,
    price,
    price_is_current: now.price_id === row.price_id && now.cost_nano_usd === row.cost_nano_usd,
    unpriced_reason: row.cost_nano_usd === null ? reasonOf(book, row) : null,
  };
}

const TOKENS = {
  input: "uncached_input_tokens",
  cache_creation_5m: "cache_creation_5m_input_tokens",
  cache_creation_1h: "cache_creation_1h_input_tokens",
  cache_read: "cache_read_input_tokens",
  output: "output_tokens",
} as const satisfies Record<RateName, keyof Usage>;

function tokenItem(
  item: RateName,
  row: StoredRequest,
  price: PriceDescription | null,
  factors: readonly Factor[],
): Item {
  const quantity = row[TOKENS[item]];
  const rate = price?.usd_per_mtok[item] ?? null;
  const each = typeof rate === "number" ? tokenPrice(rate, factors) : null;
  const billed_quantity = rate === "input" ? 0 : quantity + (item === "input" ? asInput(row, price) : 0);
  const cost_nano_usd = row[`${item}_nano_usd`];
  return {
    item,
    quantity,
    billed_quantity,
    usd_per_mtok: typeof rate === "number" ? rate : null,
    nano_usd_each: each === null ? null : toDecimal(each),
    cost_nano_usd,
    is_exact: each === null ? cost_nano_usd === 0 : amount(billed_quantity, each) === cost_nano_usd,
  };
}

/** Tokens of other kinds that the vendor bills as plain input. */
function asInput(row: StoredRequest, price: PriceDescription | null): number {
  let tokens = 0;
  for (const name of ["cache_creation_5m", "cache_creation_1h", "cache_read"] as const)
    if (price?.usd_per_mtok[name] === "input") tokens += row[TOKENS[name]];
  return tokens;
}

/** No multiplier touches the fee. */
function searchItem(row: StoredRequest, price: PriceDescription | null): Item {
  const quantity = row.web_search_requests;
  const fee = price?.web_search_usd ?? null;
  const each = fee === null ? null : Math.round(fee * 1e9);
  return {
    item: "web_search",
    quantity,
    billed_quantity: quantity,
    usd_per_mtok: null,
    nano_usd_each: each === null ? null : String(each),
    cost_nano_usd: row.web_search_nano_usd,
    is_exact: quantity * (each ?? 0) === row.web_search_nano_usd,
  };
}

/** Exact: the denominators hold no prime but 2 and 5. */
function toDecimal({ numerator, denominator }: Price): string {
  const scaled = (BigInt(numerator) * 10n ** BigInt(DIGITS)) / BigInt(denominator);
  const text = scaled.toString().padStart(DIGITS + 1, "0");
  return `${text.slice(0, -DIGITS)}.${text.slice(-DIGITS)}`.replace(/\.?0+$/, "");
}

function reasonOf(book: PriceBook, row: StoredRequest): string {
  if (row.model === "") return "the file names no model";
  const note = unpricedNote(book, row.model);
  if (note !== null) return note;
  if ((row.flags & BAD_NUMBER) !== 0) return "a token count is out of all bounds";
  return "the price book has no price for this model, or for a kind of its tokens";
}
