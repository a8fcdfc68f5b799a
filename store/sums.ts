import { flagBit, TOKEN_FIELDS, USAGE_FIELDS, type Usage } from "../schema/usage.ts";

const PROVISIONAL = flagBit("provisional");
const IMPLAUSIBLE = flagBit("bad_number") | flagBit("time_inferred");
const INFERRED_ID = flagBit("id_inferred");

/** What is summed wherever requests are; `requests` is 0 for what was billed as a part of another request. */
export type Sums = Usage & {
  requests: number;
  cost_nano_usd: number;
  unpriced_requests: number;
  unpriced_tokens: number;
  /** Their output is a lower bound: the line with the final usage was never written. */
  provisional_requests: number;
  /** A figure or a time of theirs cannot be: it is left out, or inferred. */
  implausible_requests: number;
  /** No id of their vendor names them alone. */
  inferred_id_requests: number;
};

/** The columns of `usage_rollup` and `usage_totals` behind their key, in this order. */
export const SUM_NAMES = [
  "requests",
  ...USAGE_FIELDS,
  "cost_nano_usd",
  "unpriced_requests",
  "unpriced_tokens",
  "provisional_requests",
  "implausible_requests",
  "inferred_id_requests",
] as const satisfies (keyof Sums)[];

/** Conflict clause of tables that hold sums. */
export const ADD_SUMS = `on conflict do update set ${SUM_NAMES.map((s) => `${s} = ${s} + excluded.${s}`).join(", ")}`;

const has = (flags: number) => `parent_key is null and flags & ${flags} <> 0`;

/** What is uncertain of a row of `requests`, as SQL: each is 1 or 0. */
export const UNCERTAIN_SQL = {
  provisional_requests: has(PROVISIONAL),
  implausible_requests: has(IMPLAUSIBLE),
  inferred_id_requests: has(INFERRED_ID),
} as const;

const ITSELF = Object.fromEntries(USAGE_FIELDS.map((name) => [name, name])) as Record<keyof Usage, string>;
/** What one row of `requests` adds, as SQL. */
export const SUM_OF_REQUEST: Readonly<Record<keyof Sums, string>> = {
  requests: "parent_key is null",
  ...ITSELF,
  cost_nano_usd: "coalesce(cost_nano_usd, 0)",
  unpriced_requests: "cost_nano_usd is null",
  unpriced_tokens: `iif(cost_nano_usd is null, ${TOKEN_FIELDS.join(" + ")}, 0)`,
  ...UNCERTAIN_SQL,
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
  into.provisional_requests += sign * row.provisional_requests;
  into.implausible_requests += sign * row.implausible_requests;
  into.inferred_id_requests += sign * row.inferred_id_requests;
}

type Flagged = { parent_key: string | null; flags: number };

/** The same of a row in hand. */
export function uncertainOf({ parent_key, flags }: Flagged): Pick<Sums, keyof typeof UNCERTAIN_SQL> {
  const isOne = (bits: number) => (parent_key === null && (flags & bits) !== 0 ? 1 : 0);
  return {
    provisional_requests: isOne(PROVISIONAL),
    implausible_requests: isOne(IMPLAUSIBLE),
    inferred_id_requests: isOne(INFERRED_ID),
  };
}
