import type { RequestDetail } from "../schema/api-requests.ts";
import { flagBit, type Usage } from "../schema/usage.ts";
import {
  type CostItem,
  type FeeItem,
  PRICED_KINDS,
  RATE_ITEMS,
  type RateItem,
  type UsageField,
} from "../schema/usage-kinds.ts";
import { amount, type Cost, cost } from "./cost.ts";
import { describePrice, type PriceBook, type PriceDescription, unpricedNote } from "./price-book.ts";
import {
  type Factor,
  feePrice,
  multipliersOf,
  type Price,
  type PricedRequest,
  tokenPrice,
} from "./tariff.ts";

/** A stored request with the money it was stored with. */
export type StoredRequest = Usage & Cost & Omit<PricedRequest, "usage" | "flags">;
export type PriceBreakdown = Pick<
  RequestDetail,
  "line_items" | "multipliers" | "price" | "price_is_current" | "unpriced_reason"
>;
type Item = RequestDetail["line_items"][number];

const BAD_NUMBER = flagBit("bad_number");
const DIGITS = 15;

/** Breakdown of a stored cost: tokens × price = nano-USD, with the price row that was used. */
export function priceBreakdown(book: PriceBook, row: StoredRequest): PriceBreakdown {
  const price = row.price_id === null ? null : describePrice(book, row.price_id);
  const multipliers = price === null ? [] : multipliersOf(price, row).factors;
  const now = cost(book, { ...row, usage: row });
  return {
    line_items: PRICED_KINDS.map((kind) =>
      isRate(kind.item)
        ? tokenItem(kind.field, kind.item, row, price, multipliers)
        : feeItem(kind.field, kind.item, row, price),
    ),
    multipliers,
    price,
    price_is_current: now.price_id === row.price_id && now.cost_nano_usd === row.cost_nano_usd,
    unpriced_reason: row.cost_nano_usd === null ? reasonOf(book, row) : null,
  };
}

const isRate = (item: CostItem): item is RateItem => RATE_ITEMS.some((rate) => rate === item);

function tokenItem(
  field: UsageField,
  item: RateItem,
  row: StoredRequest,
  price: PriceDescription | null,
  factors: readonly Factor[],
): Item {
  const quantity = row[field];
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
  for (const { field, item } of PRICED_KINDS)
    if (isRate(item) && price?.usd_per_mtok[item] === "input") tokens += row[field];
  return tokens;
}

/** No multiplier applies to a fee. */
function feeItem(field: UsageField, item: FeeItem, row: StoredRequest, price: PriceDescription | null): Item {
  const quantity = row[field];
  const each = feePrice(price?.[`${item}_usd`] ?? null)?.numerator ?? null;
  const cost_nano_usd = row[`${item}_nano_usd`];
  return {
    item,
    quantity,
    billed_quantity: quantity,
    usd_per_mtok: null,
    nano_usd_each: each === null ? null : String(each),
    cost_nano_usd,
    is_exact: quantity * (each ?? 0) === cost_nano_usd,
  };
}

/** Exact: 2 and 5 are the only prime factors of the denominators. */
function toDecimal({ numerator, denominator }: Price): string {
  const scaled = (BigInt(numerator) * 10n ** BigInt(DIGITS)) / BigInt(denominator);
  const text = scaled.toString().padStart(DIGITS + 1, "0");
  return `${text.slice(0, -DIGITS)}.${text.slice(-DIGITS)}`.replace(/\.?0+$/, "");
}

function reasonOf(book: PriceBook, row: StoredRequest): string {
  if (row.model === "") return "the file names no model";
  const note = unpricedNote(book, row.model);
  if (note !== null) return note;
  if ((row.flags & BAD_NUMBER) !== 0) return "a token count is implausibly large";
  return "the price book has no price for this model, or for a kind of its tokens";
}
