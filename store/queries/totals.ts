import type { Coverage } from "../../schema/api-coverage.ts";
import type { Tokens, Totals } from "../../schema/api-shapes.ts";
import { inputTokens, pricedPercent, totalTokens, type Usage } from "../../schema/usage.ts";
import { TOKEN_FIELDS, USAGE_FIELDS } from "../../schema/usage-kinds.ts";
import { SUM_NAMES, type Sums, usageOf } from "../sums.ts";

/** Sums over `usage_rollup u`, added as integers by SQLite. */
export const SUMS = SUM_NAMES.map((name) => `coalesce(sum(u.${name}), 0) as ${name}`).join(", ");

/**
 * The columns that money and its coverage need. All tokens are in one of the token columns, and the others count as 0:
 * only their sum is needed, and each further column makes the query slower.
 */
export const MONEY_SUMS = [
  ...SUM_NAMES.filter((name) => !USAGE_FIELDS.some((field) => field === name)).map(
    (name) => `coalesce(sum(u.${name}), 0) as ${name}`,
  ),
  `coalesce(sum(${TOKEN_FIELDS.map((name) => `u.${name}`).join(" + ")}), 0) as output_tokens`,
].join(", ");

export function toTokens(u: Usage): Tokens {
  return {
    input_tokens: inputTokens(u),
    ...usageOf(u),
    total_tokens: totalTokens(u),
  };
}

/** A part billed under its own model has a cost but is not a request, so neither figure limits the other. */
export function toCoverage(s: Sums): Coverage {
  return {
    priced_requests: Math.max(0, s.requests - s.unpriced_requests),
    unpriced_requests: s.unpriced_requests,
    unpriced_tokens: s.unpriced_tokens,
    priced_tokens_percent: pricedPercent(totalTokens(s), s),
    cost_complete: s.unpriced_requests === 0,
    provisional_requests: s.provisional_requests,
    implausible_requests: s.implausible_requests,
    inferred_id_requests: s.inferred_id_requests,
  };
}

/** Null if nothing had a price: a sum of unknowns is unknown, not free. */
export function toCost(s: Sums): number | null {
  return s.cost_nano_usd !== 0 || s.requests > s.unpriced_requests ? s.cost_nano_usd : null;
}

export function toTotals(s: Sums): Totals {
  return { requests: s.requests, ...toTokens(s), cost_nano_usd: toCost(s), coverage: toCoverage(s) };
}
