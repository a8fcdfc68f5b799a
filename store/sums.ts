import { TOKEN_FIELDS, USAGE_FIELDS, type Usage } from "../schema/usage.ts";

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

/** Conflict clause of tables that hold sums. */
export const ADD_SUMS = `on conflict do update set ${SUM_NAMES.map((s) => `${s} = ${s} + excluded.${s}`).join(", ")}`;

const ITSELF = Object.fromEntries(USAGE_FIELDS.map((name) => [name, name])) as Record<keyof Usage, string>;
/** What one row of `requests` adds, as SQL. */
export const SUM_OF_REQUEST: Readonly<Record<keyof Sums, string>> = {
  requests: "parent_key is null",
  ...ITSELF,
  cost_nano_usd: "coalesce(cost_nano_usd, 0)",
  unpriced_requests: "cost_nano_usd is null",
  unpriced_tokens: `iif(cost_nano_usd is null, ${TOKEN_FIELDS.join(" + ")}, 0)`,
};

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
