import * as z from "zod";
import { MissFields } from "./api-cache.ts";
import { Tokens } from "./api-shapes.ts";
import { SOURCES } from "./events.ts";
import { FILE_STATES, HIDDEN_ORIGINS } from "./row-values.ts";
import { QUALITY_FLAGS } from "./usage.ts";
import { byFee, byRate, COST_ITEMS } from "./usage-kinds.ts";

const count = z.int().nonnegative();
const textOrNull = z.string().nullable();
const money = z.int().nullable().describe("nano-USD; null = no price known, or nothing to price");

const Attribution = z
  .object({
    origin: z
      .enum(HIDDEN_ORIGINS)
      .nullable()
      .describe(
        "how a call without a transcript is known: OpenTelemetry, or the client's own total; null = from a file",
      ),
    query_source: textOrNull.describe(
      "purpose by the client of a call without a transcript: compact, auxiliary, …",
    ),
    skill: textOrNull,
    plugin: textOrNull,
    agent_type: textOrNull,
    mcp_server: textOrNull,
    mcp_tool: textOrNull,
    effort: textOrNull,
    thinking_ms: count.nullable(),
    cache_miss_reason: textOrNull,
    cache_missed_input_tokens: count.nullable(),
    git_branch: textOrNull.describe("that the folder was on; null = the session's"),
  })
  .describe("as the client wrote it; null = not written");

export const RequestSummary = z.object({
  seq: z.int().positive(),
  request_key: z.string(),
  parent_key: textOrNull.describe("set on a part of another request that is billed with its own model"),
  session_key: z.string(),
  title: textOrNull.describe("of its session"),
  project_path: textOrNull,
  agent_id: z.string(),
  prompt_id: textOrNull,
  prompt: textOrNull.describe("beginning of the prompt it answers; null = not stored"),
  source: z.enum(SOURCES),
  time_unix_ms: z.int(),
  model: z.string(),
  tokens: Tokens,
  cost_nano_usd: money,
  price_id: textOrNull,
  service_tier: z.string(),
  speed: z.string(),
  flags: z.array(z.enum(QUALITY_FLAGS)),
  attribution: Attribution,
  cache_miss: z
    .object(MissFields)
    .nullable()
    .describe("cached tokens that were not read, as in GET /api/cache; null = no miss"),
  failed_tool_calls: count.describe("that failed between it and the next request of its thread"),
});
export type RequestSummary = z.infer<typeof RequestSummary>;

const rate = z.union([z.number(), z.literal("input")]).nullable();
const PriceRow = z.object({
  price_id: z.string(),
  model: z.string(),
  vendor: z.string(),
  from: textOrNull.describe("first day, UTC; null = unknown"),
  until: textOrNull.describe("day after the last confirmed one; null = no end is known"),
  above_tokens: count.nullable().describe("the long-context tier that was paid, by its threshold"),
  usd_per_mtok: z.object(byRate(z.number(), rate)),
  ...byFee(z.number().nullable()),
  source_url: z.string(),
  checked_on: textOrNull,
});

export const RequestDetail = RequestSummary.extend({
  response_id: z.string(),
  provider_request_id: z.string(),
  inference_geo: z.string(),
  recorded_cost_nano_usd: money.describe("the client's own figure"),
  gap_before_first_tokens: count
    .nullable()
    .describe(
      "used in the thread before its file starts: known from its first total, in no sum; null = no gap",
    ),
  line_items: z.array(
    z.object({
      item: z.enum(COST_ITEMS),
      quantity: count.describe("tokens; searches for web_search"),
      billed_quantity: count.describe(
        "what this item bills: for input, everything the vendor bills as input",
      ),
      usd_per_mtok: z.number().nullable().describe("list price, before multipliers"),
      nano_usd_each: textOrNull.describe("nano-USD per token or search after multipliers, an exact decimal"),
      cost_nano_usd: money.describe("billed_quantity × nano_usd_each, rounded half up once"),
      is_exact: z.boolean().describe("false = the price row has changed since; `recost` recomputes it"),
    }),
  ),
  multipliers: z
    .array(z.object({ name: z.enum(["fast", "batch", "flex", "geo_us"]), factor: z.number() }))
    .describe("on every token price; they multiply each other"),
  price: PriceRow.nullable().describe("null = no price, or its row has left the price book"),
  price_is_current: z.boolean().describe("true = the current price book gives the same cost"),
  unpriced_reason: textOrNull,
  source_path: textOrNull,
  source_offset_bytes: count,
  source_state: z.enum(FILE_STATES).nullable(),
  source_available: z.boolean().describe("true = the line can still be read at this place"),
  children: z
    .array(
      z.object({
        seq: z.int(),
        request_key: z.string(),
        part: z
          .string()
          .describe(
            "advisor, compaction, search; fallback = a model that failed unbilled, without its tokens",
          ),
        model: z.string(),
        tokens: Tokens,
        cost_nano_usd: money,
        flags: z.array(z.enum(QUALITY_FLAGS)),
      }),
    )
    .describe("parts of this request with their own model or fee"),
  telemetry: z
    .object({
      query_source: z.string(),
      duration_ms: count.nullable(),
      ttft_ms: count.nullable().describe("time to the first token"),
      cost_nano_usd: money.describe("by the client's price"),
    })
    .nullable()
    .describe("as reported by the client's OpenTelemetry; null = not reported"),
  copies: z.array(z.string()).describe("session_key of every other session with this request in its file"),
});
export type RequestDetail = z.infer<typeof RequestDetail>;
