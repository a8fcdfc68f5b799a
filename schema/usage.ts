import { recordOf } from "./record-of.ts";
import {
  INPUT_FIELDS,
  TOKEN_FIELDS,
  type TokenHeading,
  USAGE_FIELDS,
  USAGE_KINDS,
  type UsageField,
} from "./usage-kinds.ts";

/** Counts of one billed inference, by the kinds of `USAGE_KINDS`. */
export type Usage = Record<UsageField, number>;

export const NO_USAGE: Readonly<Usage> = recordOf(USAGE_FIELDS, () => 0);

/** `gen_ai.usage.input_tokens`: all input tokens, cached or not. */
export function inputTokens(u: Usage): number {
  return sumOf(INPUT_FIELDS, u);
}

export function totalTokens(u: Usage): number {
  return sumOf(TOKEN_FIELDS, u);
}

/** The value of one report column. */
export function tokensUnder(heading: TokenHeading, u: Usage): number {
  return sumOf(FIELDS_UNDER.get(heading) ?? [], u);
}
const FIELDS_UNDER = Map.groupBy(USAGE_FIELDS, (name) => USAGE_KINDS[name].heading as TokenHeading);

function sumOf(fields: readonly UsageField[], u: Usage): number {
  let sum = 0;
  for (const name of fields) sum += u[name];
  return sum;
}

/** Share of the tokens with a price. Rounded down: 99.6 % is 99, and 100 means a complete cost only. */
export function pricedPercent(
  total_tokens: number,
  { unpriced_requests, unpriced_tokens }: { unpriced_requests: number; unpriced_tokens: number },
): number {
  if (unpriced_requests === 0) return 100;
  if (total_tokens === 0) return 0;
  return Math.min(99, Math.floor((100 * (total_tokens - unpriced_tokens)) / total_tokens));
}

/** Quality flags of a request's figures; stored as bits in this order, which is only ever appended to. */
export const QUALITY_FLAGS = [
  "provisional",
  "cache_ttl_unknown",
  "cache_split_incomplete",
  "cache_split_exceeds_flat",
  "cache_ttl_assumed_5m",
  "tier_unknown",
  "search_fee_inferred",
  "unbilled_fallback",
  "iteration_unknown",
  "bad_number",
  "unpriced",
  "price_unconfirmed",
  "speed_unknown",
  "aggregated_usage",
  "fork_parent_missing",
  "gap_before_first",
  "cached_exceeds_input",
  "cache_write_exceeds_input",
  "cache_write_not_reported",
  /** Its line has no plausible time: it has that of a nearby line, or of the file. */
  "time_inferred",
  /** Its vendor's id is not unique: it is identified by its line, request, time and usage. */
  "id_inferred",
  /** In no file of the agent (yet), only in its telemetry. */
  "otlp_only",
  /** Never in a file of the agent: a compaction, a title, another internal call of the client. */
  "not_in_transcript",
] as const;
export type QualityFlag = (typeof QUALITY_FLAGS)[number];

export function flagBit(flag: QualityFlag): number {
  return 2 ** QUALITY_FLAGS.indexOf(flag);
}

export function toFlags(bits: number): QualityFlag[] {
  return QUALITY_FLAGS.filter((_, i) => Math.floor(bits / 2 ** i) % 2 === 1);
}
