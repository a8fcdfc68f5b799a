import * as z from "zod";
import { COST_ITEMS } from "./usage-kinds.ts";

/** `GET /api/costs/kinds`. */
export const CostKinds = z.object({
  kinds: z
    .array(z.object({ kind: z.enum(COST_ITEMS), cost_nano_usd: z.int().nullable() }))
    .describe("every kind; null = no priced request in the range. They add up to the cost"),
});
