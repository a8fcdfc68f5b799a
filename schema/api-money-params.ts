import * as z from "zod";
import { list, range, sessionId, whereAccount } from "./api-params.ts";
import { CACHE_GROUPS } from "./groups.ts";
import { WASTE_KIND_NAMES } from "./waste.ts";

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

export const WasteQuery = z.strictObject({
  kind: list(WASTE_KIND_NAMES).describe("comma-separated list").optional(),
  session_id: sessionId.optional(),
  ...whereAccount,
  ...range,
  limit: most.default(20).describe("maximum number of findings; the rest is one sum"),
});
