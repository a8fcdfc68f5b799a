import * as z from "zod";
import { CACHE_GROUPS } from "./groups.ts";

const count = z.int().nonnegative();
const nano = z.int().describe("nano-USD of priced requests");
const maybe = z.int().nullable();

const Reason = z.object({
  reason: z
    .string()
    .describe(
      "the vendor's own word (tools_changed, …), else idle (longer than the cache lives), model_switch, compaction or changed_prefix",
    ),
  misses: count,
  missed_tokens: count,
  lost_nano_usd: nano,
});

export const CacheSums = z.object({
  requests: count,
  unpriced_requests: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  uncached_input_tokens: count,
  hit_percent: z
    .number()
    .nullable()
    .describe("share of input tokens read from the cache; null without input"),
  saved_nano_usd: nano.describe("nano-USD: cache reads at the full price, minus their cost"),
  write_nano_usd: nano.describe("nano-USD: cost of cache writes above the full price"),
  lost_nano_usd: nano.describe(
    "nano-USD: cost of missed tokens, minus the price of reading them from the cache",
  ),
  net_nano_usd: nano.describe("saved minus write; losses are not included, since they were never saved"),
  misses: count,
  missed_tokens: count,
  reasons: z.array(Reason).describe("most expensive first"),
});
export type CacheSums = z.infer<typeof CacheSums>;

const CacheGroupRow = CacheSums.extend({ key: z.string(), label: z.string().nullable() });

/** A request that missed cached tokens. */
export const MissFields = {
  reason: z.string(),
  is_vendor_reason: z.boolean(),
  missed_tokens: count,
  lost_nano_usd: maybe,
  idle_ms: maybe.describe("time since the previous request of its thread; null = unknown"),
  ttl_ms: maybe.describe("lifetime of the cached tokens: 5 minutes or an hour"),
} as const;

const CacheMiss = z.object({
  seq: count,
  request_key: z.string(),
  session_key: z.string(),
  agent_id: z.string(),
  time_unix_ms: z.int(),
  model: z.string(),
  ...MissFields,
});
export type CacheMiss = z.infer<typeof CacheMiss>;

const LiveCache = z.object({
  session_key: z.string(),
  title: z.string().nullable(),
  model: z.string(),
  held_tokens: count,
  ttl_ms: count,
  expires_unix_ms: z.int(),
  left_seconds: z.number().nonnegative(),
  stake_nano_usd: maybe.describe("extra cost of writing it again instead of reading it"),
});

export const Cache = z.object({
  by: z.enum(CACHE_GROUPS),
  from_unix_ms: z.int(),
  until_unix_ms: z.int(),
  total: CacheSums,
  groups: z.array(CacheGroupRow).describe("days in order, else largest loss first; the rest is in `others`"),
  others: CacheSums.omit({ reasons: true }).extend({ groups: count }),
  misses: z.array(CacheMiss).describe("most expensive first"),
  live: z.array(LiveCache).describe("main threads with tokens still cached, first to expire first"),
});
export type Cache = z.infer<typeof Cache>;
