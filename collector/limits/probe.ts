import type { CreditReading, FailureClass, SourceHealth } from "../../schema/rate-limits.ts";
import type { VendorName } from "../../schema/vendors.ts";
import type { UsageEvent } from "./usage-event.ts";

export type ProbeResult =
  | { ok: true; event: UsageEvent; credits: CreditReading[] }
  | { ok: false; failure: FailureClass };

/** One active source of readings. `run` starts one process, ends by its own deadline and never rejects. */
export type Probe = Pick<SourceHealth, "name" | "source" | "origin" | "account" | "cadence_ms"> & {
  source: VendorName;
  /** The program named by the warning that it is missing. */
  program: string;
  run(now_unix_ms: () => number, signal: AbortSignal): Promise<ProbeResult>;
};

export type ProbeLimits = { timeout_ms: number; kill_after_ms: number };
export const PROBE_LIMITS: ProbeLimits = { timeout_ms: 20_000, kill_after_ms: 2_000 };

export const PROBE_BYTES = { max_line_bytes: 1024 * 1024, max_bytes: 4 * 1024 * 1024 };
