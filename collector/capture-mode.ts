import type { CaptureMode, SourceState } from "../schema/capture.ts";

export type Health = { baseline: boolean; expected: boolean; stream: boolean };

/** The truth table of the four modes, from measured facts (D-01 to D-04). */
export function modeOf({ baseline, expected, stream }: Health): CaptureMode {
  if (!baseline) return "FAILURE";
  if (!expected) return "OTEL_ONLY";
  return stream ? "HYBRID_ACTIVE" : "DEGRADED_STREAMING";
}

const WORST: readonly CaptureMode[] = ["FAILURE", "DEGRADED_STREAMING", "OTEL_ONLY", "HYBRID_ACTIVE"];

/** Of several agents the mode that most needs attention. */
export function worstMode(modes: CaptureMode[]): CaptureMode {
  return WORST.find((mode) => modes.includes(mode)) ?? "FAILURE";
}

export function isHealthy(state: SourceState): boolean {
  return state === "live" || state === "idle";
}
