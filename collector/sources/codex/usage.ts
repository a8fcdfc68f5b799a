import { isThreadCount, MOST_TOKENS } from "../../../schema/gate.ts";
import { flagBit, type Usage } from "../../../schema/usage.ts";
import type { Totals } from "./state.ts";

export type Counted = { usage: Usage; flags: number };

const BAD_NUMBER = flagBit("bad_number");
/** Index of the total, which is not used for any figure. */
const TOTAL = 5;

export const COUNTS = [
  "input_tokens",
  "cached_input_tokens",
  "cache_write_input_tokens",
  "output_tokens",
  "reasoning_output_tokens",
  "total_tokens",
] as const;
/** Counts as the client wrote them, unchecked. */
type VendorCounts = { readonly [Name in (typeof COUNTS)[number]]?: unknown };

export function toTotals(vendor: VendorCounts): Totals {
  return COUNTS.map((field) => tokens(vendor[field]) ?? 0) as Totals;
}

/** A token count, or undefined if implausible. */
function tokens(value: unknown): number | undefined {
  return isThreadCount(value) ? value : undefined;
}

/** Whether a client's totals are plausible; missing figures are allowed. */
export function isPlausible(vendor: VendorCounts): boolean {
  return COUNTS.every(
    (field) => vendor[field] === undefined || vendor[field] === null || isThreadCount(vendor[field]),
  );
}

/**
 * OpenAI counts cached and cache-written tokens into `input_tokens`, and reasoning into `output_tokens`. Its
 * cache writes have no time to live: they are in `cache_creation_5m_input_tokens`, the column for writes at
 * the one ordinary rate.
 */
export function toUsage(vendor: VendorCounts, webSearches: number): Counted {
  let flags = isPlausible(vendor) ? 0 : BAD_NUMBER;
  if (vendor.cache_write_input_tokens === undefined || vendor.cache_write_input_tokens === null)
    flags |= flagBit("cache_write_not_reported");
  return split(toTotals(vendor), webSearches, flags);
}

export function split(spent: Totals, webSearches: number, flags: number, most = MOST_TOKENS): Counted {
  let bits = flags;
  // Each figure is checked on its own: an invalid one does not affect the others.
  const [input, cached, write, output, reasoning] = spent.map((n) => (n <= most ? n : 0)) as Totals;
  if (spent.some((n, i) => i < TOTAL && n > most)) bits |= BAD_NUMBER;
  const read = Math.min(cached, input);
  if (cached > input) bits |= flagBit("cached_exceeds_input");
  const written = Math.min(write, input - read);
  if (write > written) bits |= flagBit("cache_write_exceeds_input");
  if (webSearches > 0) bits |= flagBit("aggregated_usage");
  return {
    flags: bits,
    usage: {
      uncached_input_tokens: input - read - written,
      cache_creation_5m_input_tokens: written,
      cache_creation_1h_input_tokens: 0,
      cache_read_input_tokens: read,
      output_tokens: output,
      reasoning_output_tokens: Math.min(reasoning, output),
      web_search_requests: webSearches,
    },
  };
}
