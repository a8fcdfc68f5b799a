import { flagBit, isCount, type Usage } from "../../../schema/usage.ts";
import type { Json } from "./json.ts";
import type { Totals } from "./state.ts";

export type Counted = { usage: Usage; flags: number };

export const COUNTS = [
  "input_tokens",
  "cached_input_tokens",
  "cache_write_input_tokens",
  "output_tokens",
  "reasoning_output_tokens",
  "total_tokens",
] as const;

export function toTotals(vendor: Json): Totals {
  return COUNTS.map((field) => tokens(vendor[field]) ?? 0) as Totals;
}

/** A token count, or undefined for what cannot be one. */
function tokens(value: unknown): number | undefined {
  return isCount(value) ? value : undefined;
}

/**
 * OpenAI counts cached and cache-written tokens into `input_tokens`, and reasoning into `output_tokens`. Its
 * cache writes have no time to live: they stand in `cache_creation_5m_input_tokens`, the column for writes at
 * the one ordinary rate.
 */
export function toUsage(vendor: Json, webSearches: number): Counted {
  let flags = 0;
  for (const field of COUNTS)
    if (vendor[field] !== undefined && vendor[field] !== null && tokens(vendor[field]) === undefined)
      flags |= flagBit("bad_number");
  if (vendor.cache_write_input_tokens === undefined || vendor.cache_write_input_tokens === null)
    flags |= flagBit("cache_write_not_reported");
  return split(toTotals(vendor), webSearches, flags);
}

export function split(
  [input, cached, write, output, reasoning]: Totals,
  webSearches: number,
  flags: number,
): Counted {
  let bits = flags;
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
