import { recordOf } from "../schema/record-of.ts";
import { flagBit, type Usage } from "../schema/usage.ts";
import { TOKEN_FIELDS, USAGE_FIELDS } from "../schema/usage-kinds.ts";
import { pickOf } from "./row-code.ts";

const PROVISIONAL = flagBit("provisional");
const IMPLAUSIBLE = flagBit("bad_number") | flagBit("time_inferred");
const INFERRED_ID = flagBit("id_inferred");

/** The sums of requests; `requests` is 0 for a part of another request. */
export type Sums = Usage & {
  requests: number;
  cost_nano_usd: number;
  unpriced_requests: number;
  unpriced_tokens: number;
  /** Their output is a lower bound: the line with the final usage was never written. */
  provisional_requests: number;
  /** With an impossible figure or time: omitted, or inferred. */
  implausible_requests: number;
  /** Without a unique vendor id. */
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

/** Uncertainties of a row of `requests`, as SQL: each is 1 or 0. */
export const UNCERTAIN_SQL = {
  provisional_requests: has(PROVISIONAL),
  implausible_requests: has(IMPLAUSIBLE),
  inferred_id_requests: has(INFERRED_ID),
} as const;

/** The contribution of one row of `requests`, as SQL. */
export const SUM_OF_REQUEST: Readonly<Record<keyof Sums, string>> = {
  requests: "parent_key is null",
  ...recordOf(USAGE_FIELDS, (name) => name),
  cost_nano_usd: "coalesce(cost_nano_usd, 0)",
  unpriced_requests: "cost_nano_usd is null",
  unpriced_tokens: `iif(cost_nano_usd is null, ${TOKEN_FIELDS.join(" + ")}, 0)`,
  ...UNCERTAIN_SQL,
};

/** Written out, as is the next one: they run for every response there ever was. */
export const noSums = new Function(
  `return { ${SUM_NAMES.map((name) => `${name}: 0`).join(", ")} };`,
) as () => Sums;

export const addSums = new Function(
  "into",
  "row",
  "sign = 1",
  SUM_NAMES.map((name) => `into.${name} += sign * row.${name};`).join("\n"),
) as (into: Sums, row: Sums, sign?: 1 | -1) => void;

export const usageOf = pickOf(USAGE_FIELDS);

/** The larger of two figures each, in the first. */
export const raiseUsage = new Function(
  "known",
  "next",
  USAGE_FIELDS.map((name) => `known.${name} = Math.max(known.${name}, next.${name});`).join("\n"),
) as (known: Usage, next: Usage) => void;

type Flagged = { parent_key: string | null; flags: number };

/** The same for a given row. */
export function uncertainOf({ parent_key, flags }: Flagged): Pick<Sums, keyof typeof UNCERTAIN_SQL> {
  const own = parent_key === null ? flags : 0;
  return {
    provisional_requests: own & PROVISIONAL ? 1 : 0,
    implausible_requests: own & IMPLAUSIBLE ? 1 : 0,
    inferred_id_requests: own & INFERRED_ID ? 1 : 0,
  };
}
