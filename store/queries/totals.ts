import type { Coverage, Tokens, Totals } from "../../schema/api-shapes.ts";
import { inputTokens, totalTokens, type Usage } from "../../schema/usage.ts";

/** What `SUMS` selects. */
export type Sums = Usage & {
  requests: number;
  cost_nano_usd: number;
  unpriced_requests: number;
  unpriced_tokens: number;
};

const SUMMED = [
  "requests",
  "uncached_input_tokens",
  "cache_creation_5m_input_tokens",
  "cache_creation_1h_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
  "reasoning_output_tokens",
  "web_search_requests",
  "cost_nano_usd",
  "unpriced_requests",
  "unpriced_tokens",
] as const satisfies readonly (keyof Sums)[];

/** Sums over `usage_rollup u`, added as integers by SQLite. */
export const SUMS = SUMMED.map((name) => `coalesce(sum(u.${name}), 0) as ${name}`).join(", ");

/** The part of it that money needs; the rest then counts as 0. */
export const MONEY_SUMS = (["requests", "cost_nano_usd", "unpriced_requests", "unpriced_tokens"] as const)
  .map((name) => `coalesce(sum(u.${name}), 0) as ${name}`)
  .join(", ");

export function noSums(): Sums {
  return Object.fromEntries(SUMMED.map((name) => [name, 0])) as Sums;
}

export function addSums(into: Sums, row: Sums): void {
  for (const name of SUMMED) into[name] += row[name];
}

export function toTokens(u: Usage): Tokens {
  return {
    input_tokens: inputTokens(u),
    uncached_input_tokens: u.uncached_input_tokens,
    cache_creation_5m_input_tokens: u.cache_creation_5m_input_tokens,
    cache_creation_1h_input_tokens: u.cache_creation_1h_input_tokens,
    cache_read_input_tokens: u.cache_read_input_tokens,
    output_tokens: u.output_tokens,
    reasoning_output_tokens: u.reasoning_output_tokens,
    total_tokens: totalTokens(u),
    web_search_requests: u.web_search_requests,
  };
}

/** A part billed under a model of its own has a cost but is no request, so neither figure bounds the other. */
export function toCoverage(s: Sums): Coverage {
  return {
    priced_requests: Math.max(0, s.requests - s.unpriced_requests),
    unpriced_requests: s.unpriced_requests,
    unpriced_tokens: s.unpriced_tokens,
    cost_complete: s.unpriced_requests === 0,
  };
}

/** Null where nothing had a price: a sum of unknowns is unknown, not free. */
export function toCost(s: Sums): number | null {
  return s.cost_nano_usd !== 0 || s.requests > s.unpriced_requests ? s.cost_nano_usd : null;
}

export function toTotals(s: Sums): Totals {
  return { requests: s.requests, ...toTokens(s), cost_nano_usd: toCost(s), coverage: toCoverage(s) };
}
