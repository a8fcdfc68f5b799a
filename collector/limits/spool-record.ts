/** Records of the spool that carry readings: the statusline's own words, and what the sampler or an import made. */
import * as z from "zod";
import type { RateLimitSample } from "../../schema/batch.ts";
import { fromStatusline } from "./claude.ts";
import { isAlias } from "./reading.ts";

const Sample = z.strictObject({
  sample_id: z.string().min(1).max(400),
  source: z.enum(["claude", "codex", "plan"]),
  origin: z.enum(["statusline", "rollout", "app_server", "command", "transcript"]),
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

export type ReadSamples = { ok: true; samples: RateLimitSample[] } | { ok: false; detail: string };

export function readSampleRecord(value: unknown): ReadSamples {
  const read = Samples.safeParse(value);
  return read.success ? { ok: true, samples: read.data.samples } : { ok: false, detail: where(read.error) };
}

export function readStatuslineRecord(value: unknown, time_unix_ms: number): ReadSamples {
  const read = Statusline.safeParse(value);
  if (!read.success) return { ok: false, detail: where(read.error) };
  const { session_id, account, rate_limits } = read.data;
  const of = { origin: "statusline", account, session_id, time_unix_ms } as const;
  return { ok: true, samples: fromStatusline(rate_limits, of) };
}

/** Where it broke and not what stood there. */
function where(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join(".") || "record"}: ${issue?.code ?? "unknown"}`;
}
