import * as z from "zod";
import { byFee, byRate } from "../schema/usage-kinds.ts";
import { checkConfigPart } from "./config-faults.ts";
import type { ReadConfig } from "./config-file.ts";

const Usd = z.number().min(0).max(10_000);
const Day = z.iso.date();
/** `"input"` = the vendor bills these tokens as plain input; null = no source, so they cannot be priced. */
const Rate = z
  .union([Usd, z.literal("input")])
  .nullable()
  .default(null);

/** US dollars per million tokens. */
export const Rates = z.strictObject(byRate(Usd, Rate));
export type Rates = z.infer<typeof Rates>;

/** Prices of one model from one day (inclusive, UTC) until another (exclusive). */
export const PriceRow = z.strictObject({
  model: z.string().min(1),
  vendor: z.string().default("config"),
  from: Day.nullable().default(null),
  /** Last confirmed day is the one before; null = no end is known. */
  until: Day.nullable().default(null),
  usd_per_mtok: Rates,
  /** Rates of the whole request, including output, above a prompt size; by ascending `above_tokens`. */
  tiers: z.array(z.strictObject({ above_tokens: z.int().positive(), usd_per_mtok: Rates })).default([]),
  ...byFee(Usd.nullable().default(null)),
  /** Factors on every token rate; they multiply each other and do not apply to the web search fee. */
  multipliers: z.strictObject({ fast: Usd, batch: Usd, flex: Usd, geo_us: Usd }).partial().default({}),
  source_url: z.string().default("config.json"),
  checked_on: Day.nullable().default(null),
});
export type PriceRow = z.infer<typeof PriceRow>;

export const PriceData = z.strictObject({
  generated_from: z.string(),
  rows: z.array(PriceRow),
  aliases: z.record(z.string(), z.string()),
  /** Why a model has no price, if known. */
  notes: z.record(z.string(), z.string()),
  /** Tokens of the largest prompt with its response, if the vendor publishes them. */
  context_tokens: z.record(z.string(), z.int().positive()).optional(),
});
export type PriceData = z.infer<typeof PriceData>;

const Overrides = z.looseObject({ prices: z.array(PriceRow).default([]) });

/**
 * The rows of `prices` in a config.json.
 * @public knip does not follow the `require` that fetches it
 */
export function overridesIn(config: ReadConfig): PriceRow[] {
  return checkConfigPart(config, Overrides).prices;
}
