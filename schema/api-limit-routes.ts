import * as z from "zod";
import defer * as limits from "./api-limits.ts";
import { moment } from "./api-params.ts";
import defer * as why from "./api-why.ts";
import { SOURCES } from "./event-names.ts";
import { LIMIT_CAUSES } from "./limit-causes.ts";
import { cursor, limitTo, MAX_LIMIT } from "./paging.ts";

const name = z.string().min(1).max(200);
/** These routes take no time zone. */
const time = moment
  .describe(
    "Unix milliseconds, ISO 8601, or YYYY-MM-DD in the daemon's time zone (as an end: that whole day)",
  )
  .optional();
const times = { start_time: time, end_time: time };

const LimitsQuery = z.strictObject({
  source: z.enum(SOURCES).optional(),
  account: name.describe("the alias of one account").optional(),
});

const LimitsHistoryQuery = z.strictObject({
  ...LimitsQuery.shape,
  limit_id: name.describe("the vendor's id of the limit").optional(),
  window: name.describe("`5h`, `weekly`, `weekly_opus`, `monthly`, `<n>m`").optional(),
  ...times,
  resolution: z
    .enum(["hour", "raw"])
    .default("hour")
    .describe(
      "hour = lowest, highest and last sample of each UTC hour that has one; raw = every sample, in pages",
    ),
  limit: limitTo(MAX_LIMIT, MAX_LIMIT).describe("samples in a page of raw"),
  cursor,
});

const CreditHistoryQuery = z.strictObject({
  ...LimitsQuery.shape,
  ...times,
});
const LimitAttributionQuery = z.strictObject({
  ...LimitsQuery.shape,
  limit_id: name.describe("the vendor's id of the limit").optional(),
  window: name.describe("`5h`, `weekly`, `weekly_opus`, …; absent = every window").optional(),
  by: z.enum(LIMIT_CAUSES).default("session").describe("what the percentage points are attributed to"),
  at: moment.describe("the window at this time; default: now").optional(),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, "a whole number from 1 to 500")
    .transform(Number)
    .pipe(z.int().min(1).max(500))
    .default(20)
    .describe("maximum number of causes per window; the rest is one sum"),
});

/** Part of the table of routes. */
export const LIMIT_ROUTES = {
  "GET /api/limits": {
    summary: "Current rate-limit windows: value, pace, reset, forecast, age, and the state of their sources",
    query: LimitsQuery,
    data: z.lazy(() => limits.Limits),
  },
  "GET /api/limits/history": {
    summary: "Rate-limit samples over time, by hour or one by one",
    query: LimitsHistoryQuery,
    data: z.lazy(() => limits.LimitsHistory),
    paged: true,
  },
  "GET /api/limits/credits": {
    summary: "How balances of credits changed",
    query: CreditHistoryQuery,
    data: z.lazy(() => limits.CreditHistory),
  },
  "GET /api/limits/attribution": {
    summary:
      "What used up a window: percentage points by session, prompt, model, skill or sub-agent, and the unexplained share",
    query: LimitAttributionQuery,
    data: z.lazy(() => why.LimitAttribution),
  },
} as const;
