import { USAGE_FIELDS, type Usage } from "../schema/usage.ts";

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
  ...USAGE_FIELDS,
  "cost_nano_usd",
  "unpriced_requests",
  "unpriced_tokens",
] as const satisfies (keyof Sums)[];

export function noSums(): Sums {
  return Object.fromEntries(SUM_NAMES.map((name) => [name, 0])) as Sums;
}

/** Written out: it runs for every response there ever was. */
export function addSums(into: Sums, row: Sums, sign: 1 | -1 = 1): void {
  into.requests += sign * row.requests;
  into.uncached_input_tokens += sign * row.uncached_input_tokens;
  into.cache_creation_5m_input_tokens += sign * row.cache_creation_5m_input_tokens;
  into.cache_creation_1h_input_tokens += sign * row.cache_creation_1h_input_tokens;
  into.cache_read_input_tokens += sign * row.cache_read_input_tokens;
  into.output_tokens += sign * row.output_tokens;
  into.reasoning_output_tokens += sign * row.reasoning_output_tokens;
  into.web_search_requests += sign * row.web_search_requests;
  into.cost_nano_usd += sign * row.cost_nano_usd;
  into.unpriced_requests += sign * row.unpriced_requests;
  into.unpriced_tokens += sign * row.unpriced_tokens;
}
