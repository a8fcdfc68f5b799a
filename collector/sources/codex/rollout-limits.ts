import type { FileBatch } from "../../../schema/batch.ts";
import { isPercent, isWindowMinutes, toReset } from "../../../schema/gate.ts";
import { slotWindow } from "../../../schema/rate-limits.ts";
import { seriesOf } from "../../../schema/rollout-limits.ts";
import { finite, idText, type Json, object, text } from "./json.ts";

const SLOTS = ["primary", "secondary"] as const;

/** Names the figures that cannot be a percentage: they are in no reading. */
export function putLimits(into: FileBatch, limits: Json, session_id: string, time_unix_ms: number): string[] {
  const odd: string[] = [];
  const limit_id = idText(limits.limit_id) || "codex";
  for (const slot of SLOTS) {
    const vendor = object(limits[slot]);
    const used_percent = finite(vendor?.used_percent);
    if (!vendor || used_percent === undefined) continue;
    if (!isPercent(used_percent)) {
      odd.push(`${slot}.used_percent`);
      continue;
    }
    const window_minutes = minutes(vendor);
    const window = slotWindow(slot, window_minutes);
    const series = seriesOf(into.limits, { limit_id, window, window_minutes, session_id });
    into.limits.cells.push(series, used_percent, resetsAt(vendor, time_unix_ms), time_unix_ms);
  }
  return odd;
}

function minutes(vendor: Json): number | null {
  const seconds = finite(vendor.limit_window_seconds);
  const windowLength =
    finite(vendor.window_minutes) ?? (seconds === undefined ? null : Math.round(seconds / 60));
  return isWindowMinutes(windowLength) ? windowLength : null;
}

/** Seconds since the epoch, or in the oldest clients seconds from now; NaN if it is missing. */
function resetsAt(vendor: Json, time_unix_ms: number): number {
  const at = finite(vendor.resets_at);
  const wait = finite(vendor.resets_in_seconds);
  const reset = at === undefined ? (wait === undefined ? null : time_unix_ms + wait * 1000) : at * 1000;
  return toReset(reset, time_unix_ms) ?? Number.NaN;
}

/** The balance is a decimal in words, or null. Of each limit only the newest reading is kept. */
export function putCredits(into: FileBatch, limits: Json, time_unix_ms: number): void {
  const credits = object(limits.credits);
  if (!credits) return;
  const limit_id = idText(limits.limit_id) || "codex";
  into.credits ??= [];
  const known = into.credits.findIndex((reading) => reading.limit_id === limit_id);
  if (known >= 0 && into.credits[known]!.time_unix_ms > time_unix_ms) return;
  const balance = Number.parseFloat(text(credits.balance));
  into.credits[known >= 0 ? known : into.credits.length] = {
    source: "codex",
    account: "default",
    limit_id,
    has_credits: credits.has_credits === true,
    is_unlimited: credits.unlimited === true,
    balance: Number.isFinite(balance) ? balance : null,
    time_unix_ms,
  };
}
