import * as z from "zod";
import { LimitWindow } from "./api-limits.ts";
import { LIMIT_CAUSES } from "./limit-causes.ts";

const count = z.int().nonnegative();
const points = z
  .int()
  .nonnegative()
  .describe("1,000,000 = one percentage point of the window; whole, so that sums are exact");

/**
 * `no_requests`: the window grew while no request of this account ended: another machine, the vendor's own pages, or a
 * client that is not recorded. `no_price`: requests ended, but none of them has a price to serve as a weight.
 * `models_unknown`: not attributed: it is unknown which models count towards this limit.
 */
export const UNATTRIBUTED = ["no_requests", "no_price", "models_unknown"] as const;
export type Unattributed = (typeof UNATTRIBUTED)[number];

const LimitShare = z.object({
  key: z
    .string()
    .describe("of the session, prompt, model, …; empty = without one (the main thread, no skill)"),
  label: z.string().nullable().describe("title, first words of the prompt, type of the agent"),
  requests: count,
  cost_nano_usd: count.describe("at list price: the weight of the attribution"),
  used_micro_percent: points,
});
export type LimitShare = z.infer<typeof LimitShare>;

const shown = LimitWindow.pick({
  source: true,
  account: true,
  limit_id: true,
  window: true,
  state: true,
  used_percent: true,
  last_used_percent: true,
  resets_at_unix_ms: true,
});
export const AttributedWindow = shown.extend({
  is_binding: z.boolean().describe("the window of its account that runs out first, else the fullest"),
  from_unix_ms: z.int().describe("start of the window, or of its samples where its length is not known"),
  until_unix_ms: z.int().describe("the last sample"),
  readings: count,
  used_micro_percent: points.describe("the highest sample of the window"),
  attributed_micro_percent: points,
  shares: z.array(LimitShare).describe("largest first"),
  others: LimitShare.omit({ key: true, label: true })
    .extend({ causes: count })
    .describe("all other causes together"),
  unattributed: z.array(z.object({ reason: z.enum(UNATTRIBUTED), used_micro_percent: points })),
});
export type AttributedWindow = z.infer<typeof AttributedWindow>;

/** Shares, others and unattributed of a window add up to `used_micro_percent`, whatever the split. */
export const LimitAttribution = z.object({
  by: z.enum(LIMIT_CAUSES),
  windows: z.array(AttributedWindow).describe("binding ones first"),
});
export type LimitAttribution = z.infer<typeof LimitAttribution>;
