import * as z from "zod";
import { range, sessionId, whereAccount } from "./api-params.ts";

export const CACHE_GROUPS = ["session", "day", "project"] as const;
export type CacheGroup = (typeof CACHE_GROUPS)[number];

const most = z
  .string()
  .regex(/^\d{1,3}$/, "a whole number from 1 to 500")
  .transform(Number)
  .pipe(z.int().min(1).max(500));

export const CacheQuery = z.strictObject({
  by: z.enum(CACHE_GROUPS).default("session"),
  session_id: sessionId.optional(),
  ...whereAccount,
  ...range,
  limit: most.default(50).describe("groups, and misses"),
});

const count = z.int().nonnegative();
const nano = z.int().describe("nano-USD, of what has a price");
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
    .describe("tokens that came from the cache of all input; null without input"),
  saved_nano_usd: nano.describe("nano-USD: what was read, at the full price, less what it cost"),
  write_nano_usd: nano.describe("nano-USD: what was written, less the same tokens at the full price"),
  lost_nano_usd: nano.describe("nano-USD: what was missed, as it was paid, less the price of reading it"),
  net_nano_usd: nano.describe("saved less write; what was lost is not in it, since it was never saved"),
  misses: count,
  missed_tokens: count,
  reasons: z.array(Reason).describe("the dearest first"),
});
export type CacheSums = z.infer<typeof CacheSums>;

const CacheGroupRow = CacheSums.extend({ key: z.string(), label: z.string().nullable() });

/** Of a request that missed what the cache held. */
export const MissFields = {
  reason: z.string(),
  is_vendor_reason: z.boolean(),
  missed_tokens: count,
  lost_nano_usd: maybe,
  idle_ms: maybe.describe("since the request before it in its thread; null where that is not known"),
  ttl_ms: maybe.describe("how long what was held lives: 5 minutes or an hour, by what was written"),
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
  stake_nano_usd: maybe.describe("what writing it again costs beyond reading it"),
});

export const Cache = z.object({
  by: z.enum(CACHE_GROUPS),
  from_unix_ms: z.int(),
  until_unix_ms: z.int(),
  total: CacheSums,
  groups: z
    .array(CacheGroupRow)
    .describe("days in their order, else what lost most first; the rest is `others`"),
  others: CacheSums.omit({ reasons: true }).extend({ groups: count }),
  misses: z.array(CacheMiss).describe("the dearest first"),
  live: z.array(LiveCache).describe("main threads of which something is still held, the first to end first"),
});
export type Cache = z.infer<typeof Cache>;
