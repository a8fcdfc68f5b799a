/**
 * Token counts of one billed inference, as disjoint parts (no token is in two fields), except that
 * `reasoning_output_tokens` is a part of `output_tokens` and never added to it.
 */
export type Usage = {
  /** Input that neither came from nor went into a cache. */
  uncached_input_tokens: number;
  cache_creation_5m_input_tokens: number;
  cache_creation_1h_input_tokens: number;
  cache_read_input_tokens: number;
  output_tokens: number;
  reasoning_output_tokens: number;
  web_search_requests: number;
};

/**
 * Whether it counts something. Asked some millions of times in an import, so not `Number.isSafeInteger`, for which the
 * compiler has no code of its own.
 */
export function isCount(value: unknown): value is number {
  return (
    typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER && Math.floor(value) === value
  );
}

/** Every token that was billed is in one of these. */
export const TOKEN_FIELDS = [
  "uncached_input_tokens",
  "cache_creation_5m_input_tokens",
  "cache_creation_1h_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
] as const satisfies (keyof Usage)[];
export const USAGE_FIELDS = [
  ...TOKEN_FIELDS,
  "reasoning_output_tokens",
  "web_search_requests",
] as const satisfies (keyof Usage)[];

export const NO_USAGE: Readonly<Usage> = {
  uncached_input_tokens: 0,
  cache_creation_5m_input_tokens: 0,
  cache_creation_1h_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 0,
  reasoning_output_tokens: 0,
  web_search_requests: 0,
};

/** `gen_ai.usage.input_tokens`: everything the model read, cached or not. */
export function inputTokens(u: Usage): number {
  return (
    u.uncached_input_tokens +
    u.cache_creation_5m_input_tokens +
    u.cache_creation_1h_input_tokens +
    u.cache_read_input_tokens
  );
}

export function totalTokens(u: Usage): number {
  return inputTokens(u) + u.output_tokens;
}

/** How much of the tokens has a price. Cut, never rounded: 99.6 % is 99, and 100 means a complete cost only. */
export function pricedPercent(
  total_tokens: number,
  { unpriced_requests, unpriced_tokens }: { unpriced_requests: number; unpriced_tokens: number },
): number {
  if (unpriced_requests === 0) return 100;
  if (total_tokens === 0) return 0;
  return Math.min(99, Math.floor((100 * (total_tokens - unpriced_tokens)) / total_tokens));
}

/** What is known about the quality of a request's figures; stored as bits in this order, only ever appended. */
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
  /** Its line has no time that can be: it took that of a line beside it, or of the file. */
  "time_inferred",
  /** Its vendor's id names other responses, too: it is identified by its line, its request, its time and its usage. */
  "id_inferred",
  /** No file of the agent shows it (yet): its telemetry does. */
  "otlp_only",
  /** No file of the agent will show it: a compaction, a title, another call of the client's own. */
  "not_in_transcript",
] as const;
export type QualityFlag = (typeof QUALITY_FLAGS)[number];

export function flagBit(flag: QualityFlag): number {
  return 2 ** QUALITY_FLAGS.indexOf(flag);
}

export function toFlags(bits: number): QualityFlag[] {
  return QUALITY_FLAGS.filter((_, i) => Math.floor(bits / 2 ** i) % 2 === 1);
}
