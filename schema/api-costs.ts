import * as z from "zod";

/** What of a request is priced on its own, as its line items have it. */
export const COST_KINDS = [
  "input",
  "cache_creation_5m",
  "cache_creation_1h",
  "cache_read",
  "output",
  "web_search",
] as const;
export type CostKind = (typeof COST_KINDS)[number];

/** `GET /api/costs/kinds`. */
export const CostKinds = z.object({
  kinds: z
    .array(z.object({ kind: z.enum(COST_KINDS), cost_nano_usd: z.int().nullable() }))
    .describe("every kind; null = no request of the range has a price for it. They add up to the cost"),
});
