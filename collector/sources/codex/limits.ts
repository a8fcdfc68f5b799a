import type { RateLimitSample } from "../../../schema/batch.ts";
import { type CreditReading, slotWindow } from "../../../schema/limits.ts";
import { finite, type Json, object, text } from "./json.ts";

export function toSamples(limits: Json, session_id: string, time_unix_ms: number): RateLimitSample[] {
  const limit_id = text(limits.limit_id) || "codex";
  const samples: RateLimitSample[] = [];
  for (const slot of ["primary", "secondary"] as const) {
    const vendor = object(limits[slot]);
    const used_percent = finite(vendor?.used_percent);
    if (!vendor || used_percent === undefined) continue;
    const window_minutes = minutes(vendor);
    const window = slotWindow(slot, window_minutes);
    samples.push({
      // Neither path nor offset: the file moves into the archive and is compressed there.
      sample_id: `codex:${session_id}:${time_unix_ms}:${limit_id}:${window}:${used_percent}`,
      source: "codex",
      origin: "rollout",
      account: "default",
      limit_id,
      window,
      window_minutes,
      used_percent,
      resets_at_unix_ms: resetsAt(vendor, time_unix_ms),
      time_unix_ms,
      session_id,
    });
  }
  return samples;
}

function minutes(vendor: Json): number | null {
  const seconds = finite(vendor.limit_window_seconds);
  return finite(vendor.window_minutes) ?? (seconds === undefined ? null : Math.round(seconds / 60));
}

/** Seconds since the epoch, or in the oldest clients seconds from now. */
function resetsAt(vendor: Json, time_unix_ms: number): number | null {
  const at = finite(vendor.resets_at);
  if (at !== undefined) return Math.round(at * 1000);
  const wait = finite(vendor.resets_in_seconds);
  return wait === undefined ? null : time_unix_ms + Math.round(wait * 1000);
}

/** The balance is a decimal in words, or null. */
export function toCredits(limits: Json, time_unix_ms: number): CreditReading[] {
  const credits = object(limits.credits);
  if (!credits) return [];
  const balance = Number.parseFloat(text(credits.balance));
  return [
    {
      source: "codex",
      account: "default",
      limit_id: text(limits.limit_id) || "codex",
      has_credits: credits.has_credits === true,
      is_unlimited: credits.unlimited === true,
      balance: Number.isFinite(balance) ? balance : null,
      time_unix_ms,
    },
  ];
}
