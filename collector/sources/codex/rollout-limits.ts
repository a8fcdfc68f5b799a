import { isPercent, isWindowMinutes, toReset } from "../../../schema/gate.ts";
import { type CreditReading, isSameBalance, slotWindow } from "../../../schema/rate-limits.ts";
import { NO_RESET, seriesOf } from "../../../schema/rollout-limits.ts";
import type { FileBatch } from "../../../store/batch.ts";
import { finite, idText, type Json, object, text } from "./json.ts";
import type { State } from "./state.ts";

const SLOTS = ["primary", "secondary"] as const;
/** There is one reading per response: an equal one within this time is not stored again. */
const REPEAT_MS = 300_000;

type Reading = {
  window: ReturnType<typeof slotWindow>;
  window_minutes: number | null;
  used_percent: number;
  resets_at: number;
};

/** Names the figures that cannot be a percentage: they are in no reading. */
export function putLimits(into: FileBatch, limits: Json, state: State, time_unix_ms: number): string[] {
  const limit_id = idText(limits.limit_id) || "codex";
  const { readings, odd } = readingsOf(limits, time_unix_ms);
  if (repeats(state, JSON.stringify([limit_id, readings, odd]), time_unix_ms)) return [];
  for (const { window, window_minutes, used_percent, resets_at } of readings) {
    const series = seriesOf(into.limits, { limit_id, window, window_minutes, session_id: state.thread });
    into.limits.cells.push(series, used_percent, resets_at, time_unix_ms);
  }
  return odd;
}

function readingsOf(limits: Json, time_unix_ms: number): { readings: Reading[]; odd: string[] } {
  const readings: Reading[] = [];
  const odd: string[] = [];
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
    readings.push({ window, window_minutes, used_percent, resets_at: resetsAt(vendor, time_unix_ms) });
  }
  return { readings, odd };
}

function repeats(state: State, reading: string, time_unix_ms: number): boolean {
  const age = time_unix_ms - state.limits_unix_ms;
  if (reading === state.limits && age >= 0 && age < REPEAT_MS) return true;
  state.limits = reading;
  state.limits_unix_ms = time_unix_ms;
  return false;
}

function minutes(vendor: Json): number | null {
  const seconds = finite(vendor.limit_window_seconds);
  const windowLength =
    finite(vendor.window_minutes) ?? (seconds === undefined ? null : Math.round(seconds / 60));
  return isWindowMinutes(windowLength) ? windowLength : null;
}

/** Seconds since the epoch, or in the oldest clients seconds from now; `NO_RESET` if it is missing. */
function resetsAt(vendor: Json, time_unix_ms: number): number {
  const at = finite(vendor.resets_at);
  const wait = finite(vendor.resets_in_seconds);
  const reset = at === undefined ? (wait === undefined ? null : time_unix_ms + wait * 1000) : at * 1000;
  return toReset(reset, time_unix_ms) ?? NO_RESET;
}

/** The balance is a decimal in words, or null. Of consecutive equal readings, the first and the last are kept. */
export function putCredits(into: FileBatch, limits: Json, time_unix_ms: number): void {
  const credits = object(limits.credits);
  if (!credits) return;
  const limit_id = idText(limits.limit_id) || "codex";
  into.credits ??= [];
  const balance = Number.parseFloat(text(credits.balance));
  const reading: CreditReading = {
    source: "codex",
    account: "default",
    limit_id,
    has_credits: credits.has_credits === true,
    is_unlimited: credits.unlimited === true,
    balance: Number.isFinite(balance) ? balance : null,
    time_unix_ms,
  };
  const at = into.credits.findLastIndex((known) => known.limit_id === limit_id);
  const before = into.credits.findLastIndex((known, i) => i < at && known.limit_id === limit_id);
  const isSame = [at, before].every((i) => i >= 0 && isSameBalance(into.credits![i]!, reading));
  const isLater = isSame && time_unix_ms >= into.credits[at]!.time_unix_ms;
  into.credits[isLater ? at : into.credits.length] = reading;
}
