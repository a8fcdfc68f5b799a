import type { Usage } from "../schema/usage.ts";

/** What is summed wherever requests are; `requests` is 0 for what was billed as a part of another request. */
export type Sums = Usage & {
  requests: number;
  cost_nano_usd: number;
  unpriced_requests: number;
  unpriced_tokens: number;
};

/** The columns of `usage_rollup` and `usage_totals` behind their key, in this order. */
export const SUM_NAMES = [
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
] as const satisfies (keyof Sums)[];

export function noSums(): Sums {
  return Object.fromEntries(SUM_NAMES.map((name) => [name, 0])) as Sums;
}

export function addSums(into: Sums, row: Sums): void {
  for (const name of SUM_NAMES) into[name] += row[name];
}
