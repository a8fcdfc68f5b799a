import * as z from "zod";

const count = z.int().nonnegative();

/** How many requests of a sum are uncertain, by kind; one request may count in several. */
export const Uncertain = z.object({
  provisional_requests: count.describe("without final usage: their output is a lower bound"),
  implausible_requests: count.describe("with an impossible figure or time: omitted, or inferred"),
  inferred_id_requests: count.describe("without a vendor id: identified by line, time and usage"),
});

export const Coverage = z.object({
  priced_requests: count,
  unpriced_requests: count,
  unpriced_tokens: count,
  priced_tokens_percent: count.max(100).describe("rounded down; 100 = the cost is complete"),
  cost_complete: z.boolean().describe("every request of the sum has a price"),
  ...Uncertain.shape,
});
export type Coverage = z.infer<typeof Coverage>;
