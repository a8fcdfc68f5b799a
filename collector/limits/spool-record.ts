/** Spool records with readings: the status line's JSON, and records of the sampler or an import. */

import * as z from "zod";
import { isContextSize, isPercent } from "../../schema/gate.ts";
import type { CreditReading } from "../../schema/rate-limits.ts";
import { SAMPLE_ORIGINS } from "../../schema/row-values.ts";
import { VENDOR_NAMES } from "../../schema/vendors.ts";
import type { RateLimitSample, SessionObservation } from "../../store/batch.ts";
import { isAlias } from "./reading.ts";
import { STATUSLINE } from "./vendors.ts";

const Sample = z.strictObject({
  sample_id: z.string().min(1).max(400),
  source: z.enum([...VENDOR_NAMES, "plan"]),
  origin: z.enum(SAMPLE_ORIGINS),
  account: z.string().refine(isAlias),
  limit_id: z.string().min(1).max(60),
  window: z.string().min(1).max(60),
  window_minutes: z.number().positive().nullable(),
  used_percent: z.number().nonnegative(),
  resets_at_unix_ms: z.int().nullable(),
  time_unix_ms: z.int(),
  session_id: z.string().max(200),
});
const Credits = z.strictObject({
  source: z.enum(VENDOR_NAMES),
  account: z.string().refine(isAlias),
  limit_id: z.string().min(1).max(200),
  has_credits: z.boolean(),
  is_unlimited: z.boolean(),
  balance: z.number().nullable(),
  time_unix_ms: z.int(),
});
const Samples = z.strictObject({
  samples: z.array(Sample).max(10_000),
  credits: z.array(Credits).max(1_000).optional(),
});

const Statusline = z.looseObject({
  session_id: z.string().max(200).default(""),
  account: z.string().refine(isAlias).default("default"),
  rate_limits: z.unknown().optional(),
  context_window_size: z.number().refine(isContextSize).optional(),
});

/** `odd` names impossible figures, which are in no sample; `sessions` are the observations about its session. */
export type ReadSamples =
  | {
      ok: true;
      samples: RateLimitSample[];
      odd: string[];
      credits?: CreditReading[] | undefined;
      sessions?: SessionObservation[];
    }
  | { ok: false; detail: string };

export function readSampleRecord(value: unknown): ReadSamples {
  const read = Samples.safeParse(value);
  if (!read.success) return { ok: false, detail: where(read.error) };
  const { samples, credits } = read.data;
  return {
    ok: true,
    credits,
    samples: samples.filter((s) => isPercent(s.used_percent)),
    odd: samples.filter((s) => !isPercent(s.used_percent)).map((s) => `${s.window}.used_percent`),
  };
}

export function readStatuslineRecord(value: unknown, time_unix_ms: number): ReadSamples {
  const read = Statusline.safeParse(value);
  if (!read.success) return { ok: false, detail: where(read.error) };
  const { session_id, account, rate_limits, context_window_size } = read.data;
  const of = { origin: "statusline", account, session_id, time_unix_ms } as const;
  const sessions: SessionObservation[] = [];
  if (context_window_size !== undefined && session_id !== "")
    sessions.push({
      source: STATUSLINE.source,
      session_id,
      context_window_tokens: context_window_size,
      opens_none: true,
    });
  return {
    ok: true,
    samples: STATUSLINE.samples(rate_limits, of),
    odd: STATUSLINE.odd(rate_limits),
    sessions,
  };
}

/** The place of the fault, not its content. */
function where(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join(".") || "record"}: ${issue?.code ?? "unknown"}`;
}
