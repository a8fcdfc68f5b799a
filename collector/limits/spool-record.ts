/** Records of the spool that carry readings: the statusline's own words, and what the sampler or an import made. */

import * as z from "zod";
import { type RateLimitSample, SAMPLE_ORIGINS } from "../../schema/batch.ts";
import { isPercent } from "../../schema/gate.ts";
import { VENDOR_NAMES } from "../../schema/vendors.ts";
import { fromStatusline, oddWindows } from "./claude.ts";
import { isAlias } from "./reading.ts";

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
const Samples = z.strictObject({ samples: z.array(Sample).max(10_000) });

const Statusline = z.looseObject({
  session_id: z.string().max(200).default(""),
  account: z.string().refine(isAlias).default("default"),
  rate_limits: z.unknown(),
});

/** `odd` names the figures that cannot be, which are in no sample. */
export type ReadSamples =
  | { ok: true; samples: RateLimitSample[]; odd: string[] }
  | { ok: false; detail: string };

export function readSampleRecord(value: unknown): ReadSamples {
  const read = Samples.safeParse(value);
  if (!read.success) return { ok: false, detail: where(read.error) };
  const { samples } = read.data;
  return {
    ok: true,
    samples: samples.filter((s) => isPercent(s.used_percent)),
    odd: samples.filter((s) => !isPercent(s.used_percent)).map((s) => `${s.window}.used_percent`),
  };
}

export function readStatuslineRecord(value: unknown, time_unix_ms: number): ReadSamples {
  const read = Statusline.safeParse(value);
  if (!read.success) return { ok: false, detail: where(read.error) };
  const { session_id, account, rate_limits } = read.data;
  const of = { origin: "statusline", account, session_id, time_unix_ms } as const;
  return { ok: true, samples: fromStatusline(rate_limits, of), odd: oddWindows(rate_limits) };
}

/** Where it broke and not what stood there. */
function where(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join(".") || "record"}: ${issue?.code ?? "unknown"}`;
}
