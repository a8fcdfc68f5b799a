import * as z from "zod";
import { ORIGINS, SOURCES } from "./events.ts";
import { MAX_LIMIT } from "./paging.ts";
import { DIALS, FAILURE_CLASSES } from "./rate-limits.ts";

const count = z.int().nonnegative();
const time = z.int().nullable();
const ratio = z.number().nullable();

/** Only the first two have a value. */
export const LIMIT_STATES = {
  fresh: "sampled in the last 15 minutes",
  stale: "older than 15 minutes",
  ended: "the window of the last sample is over",
  no_longer_reported: "its source has reported since, without this window",
  not_reported: "never reported",
} as const;
const limitState = z
  .enum(Object.keys(LIMIT_STATES) as [keyof typeof LIMIT_STATES])
  .describe("only fresh and stale have a value");

const Forecast = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("not_enough_data") }),
  z.object({ kind: z.literal("no_run_out") }),
  z.object({
    kind: z.literal("run_out"),
    at_unix_ms: z.int(),
    earliest_unix_ms: z.int(),
    latest_unix_ms: time.describe("null = not before the reset, by the slowest estimate"),
    is_before_reset: z.boolean().nullable(),
  }),
]);

/** The current state of one window of one limit of one account. An unknown value is null, never 0. */
export const LimitWindow = z.object({
  source: z.enum(SOURCES),
  account: z.string().describe("alias of the account, from config.json"),
  limit_id: z.string(),
  window: z.string(),
  dial: z
    .enum(DIALS.map((d) => d.dial))
    .nullable()
    .describe("the dial that shows this window"),
  state: limitState,
  used_percent: ratio,
  remaining_percent: ratio.describe("100 - used_percent, not below 0"),
  usage_ratio: ratio.describe("used_percent / 100"),
  pace_ratio: ratio.describe("used share / elapsed share; 1 lands exactly at the limit at the reset"),
  reset_seconds: ratio,
  resets_at_unix_ms: time,
  window_minutes: z.int().nullable(),
  forecast: Forecast.nullable(),
  origin: z.enum(ORIGINS),
  time_unix_ms: z.int().describe("when this was read"),
  age_seconds: z.number().nonnegative(),
  last_used_percent: z.number().describe("the last sample, even if its window has ended"),
  previous: z
    .object({ used_percent: z.number(), resets_at_unix_ms: z.int(), time_unix_ms: z.int() })
    .nullable()
    .describe("last sample of the previous window"),
});
export type LimitWindow = z.infer<typeof LimitWindow>;

const nothing = { origin: true, time_unix_ms: true, age_seconds: true, last_used_percent: true } as const;
const seen = LimitWindow.pick(nothing);
/** A dial is always present: if nothing is known, all of its figures are null. */
export const LimitDial = LimitWindow.omit({ ...nothing, dial: true, account: true, limit_id: true }).extend({
  dial: z.enum(DIALS.map((d) => d.dial)),
  title: z.string(),
  account: z.string().nullable(),
  limit_id: z.string().nullable(),
  origin: seen.shape.origin.nullable(),
  time_unix_ms: time,
  age_seconds: ratio,
  last_used_percent: ratio,
});
export type LimitDial = z.infer<typeof LimitDial>;

export const LimitSource = z.object({
  name: z.string(),
  source: z.enum(SOURCES),
  origin: z.enum(ORIGINS),
  account: z.string(),
  cadence_ms: count,
  is_running: z.boolean(),
  captures: count,
  failures: count,
  success_ratio: ratio.describe(
    "successful share of attempts since the daemon's start; null before the first",
  ),
  failures_by_class: z.partialRecord(z.enum(FAILURE_CLASSES), count),
  consecutive_failures: count,
  last_attempt_unix_ms: time,
  last_success_unix_ms: time,
  last_success_age_seconds: ratio,
  last_failure_class: z.enum(FAILURE_CLASSES).nullable(),
  last_duration_ms: z.number().nullable(),
  next_due_unix_ms: time,
});
export type LimitSource = z.infer<typeof LimitSource>;

const LimitCredits = z.object({
  source: z.enum(SOURCES),
  account: z.string(),
  limit_id: z.string(),
  has_credits: z.boolean(),
  is_unlimited: z.boolean(),
  balance: ratio.describe("null = not reported"),
  time_unix_ms: z.int(),
});

export const CreditHistory = z
  .array(
    LimitCredits.extend({
      time_unix_ms: z.int().describe("first reading of this balance"),
      last_unix_ms: z.int().describe("last reading of it before it changed"),
    }),
  )
  .describe(`latest change first, at most ${MAX_LIMIT}`);
export type CreditHistory = z.infer<typeof CreditHistory>;

export const Limits = z.object({
  dials: z.array(LimitDial).describe("C5, CW, S, W, O, always all five"),
  windows: z.array(LimitWindow).describe("every series of the last 35 days; accounts are never added up"),
  credits: z.array(LimitCredits),
  sources: z.array(LimitSource).describe("polled sources and their state; empty without a sampler"),
});
export type Limits = z.infer<typeof Limits>;

const series = { source: z.enum(SOURCES), account: z.string(), limit_id: z.string(), window: z.string() };
const HourPoint = z.object({
  hour_unix_ms: z.int(),
  samples: count,
  min_used_percent: z.number(),
  max_used_percent: z.number(),
  last_used_percent: z.number(),
  min_remaining_percent: z.number(),
  resets_at_unix_ms: time,
});
const RawPoint = z.object({
  time_unix_ms: z.int(),
  used_percent: z.number(),
  remaining_percent: z.number(),
  resets_at_unix_ms: time,
  origin: z.enum(ORIGINS),
});
export const LimitsHistory = z.object({
  resolution: z.enum(["hour", "raw"]),
  from_unix_ms: z.int(),
  until_unix_ms: z.int(),
  series: z.array(
    z.object({
      ...series,
      hours: z.array(HourPoint).describe("UTC hours with a sample, oldest first; empty for raw"),
      points: z.array(RawPoint).describe("samples, oldest first; empty for hour"),
    }),
  ),
});
export type LimitsHistory = z.infer<typeof LimitsHistory>;

/** `GET /status.json`: one slot per account, for programs that pick one. Free of ids, tokens and paths. */
export const SlotStatus = z.object({
  source: z.enum(SOURCES),
  account: z.string(),
  status: z.enum(["ok", "error", "bootstrap"]).describe("bootstrap = no samples yet"),
  ok: z.boolean(),
  usable: z.boolean(),
  depleted: z.boolean(),
  score: ratio.describe("lowest remaining percent over the windows with a value"),
  reason: z.string().nullable(),
  ts_epoch: z.number().nullable().describe("seconds since 1970 of the newest sample"),
  windows: z.record(
    z.string(),
    z.object({
      used_percent: z.number(),
      remaining_percent: z.number(),
      resets_at_epoch: z.number().nullable(),
      stale: z.boolean(),
    }),
  ),
});
export type SlotStatus = z.infer<typeof SlotStatus>;
export const StatusDocument = z.object({
  ...SlotStatus.omit({ source: true, account: true }).shape,
  accounts: z.array(SlotStatus),
});
export type StatusDocument = z.infer<typeof StatusDocument>;
