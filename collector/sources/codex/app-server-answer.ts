/** Limits from Codex's app-server, and the meaning of its errors. Its own texts are read, never stored. */
import { isPercent, isWindowMinutes } from "../../../schema/gate.ts";
import { type CreditReading, type FailureClass, slotWindow } from "../../../schema/rate-limits.ts";
import { type Json, limitId, object, resetOf } from "../../limits/reading.ts";
import type { UsageEvent } from "../../limits/usage-event.ts";

export type Limits = Map<string, Json>;

/** The complete answer; undefined if it does not have that shape. */
export function readLimits(result: unknown): Limits | undefined {
  const answer = object(result);
  const main = object(answer?.rateLimits);
  const byId = object(answer?.rateLimitsByLimitId);
  if (!main && !byId) return undefined;
  const limits: Limits = new Map();
  for (const [id, value] of Object.entries(byId ?? {})) {
    const limit = object(value);
    if (limit) limits.set(limitId(limit.limitId ?? id, "codex"), limit);
  }
  const mainId = limitId(main?.limitId, "codex");
  if (main && !limits.has(mainId)) limits.set(mainId, main);
  return limits;
}

/** `account/rateLimits/updated` holds only what changed: a null in it clears nothing. */
export function mergeUpdate(limits: Limits, params: unknown): void {
  const update = object(object(params)?.rateLimits);
  if (!update) return;
  const id = limitId(update.limitId, "codex");
  limits.set(id, merge(limits.get(id) ?? {}, update));
}

function merge(base: Json, sparse: Json): Json {
  const merged = { ...base };
  for (const [key, value] of Object.entries(sparse)) {
    if (value === null || value === undefined) continue;
    const [before, now] = [object(base[key]), object(value)];
    merged[key] = before && now ? merge(before, now) : value;
  }
  return merged;
}

export function toWindows(limits: Limits): UsageEvent["windows"] {
  return [...limits].flatMap(([limit_id, limit]) =>
    (["primary", "secondary"] as const).flatMap((slot) => {
      const vendor = object(limit[slot]);
      const used_percent = vendor?.usedPercent;
      if (!vendor || !isPercent(used_percent)) return [];
      const window_minutes = isWindowMinutes(vendor.windowDurationMins) ? vendor.windowDurationMins : null;
      return {
        limit_id,
        window: slotWindow(slot, window_minutes),
        window_minutes,
        used_percent,
        resets_at_unix_ms: resetOf(vendor.resetsAt),
      };
    }),
  );
}

export function toCredits(limits: Limits, account: string, time_unix_ms: number): CreditReading[] {
  return [...limits].flatMap(([limit_id, limit]) => {
    const credits = object(limit.credits);
    if (!credits) return [];
    const balance = Number.parseFloat(String(credits.balance ?? ""));
    return {
      source: "codex" as const,
      account,
      limit_id,
      has_credits: credits.hasCredits === true,
      is_unlimited: credits.unlimited === true,
      balance: Number.isFinite(balance) ? balance : null,
      time_unix_ms,
    };
  });
}

/** -32600: this account has no such limits. -32603: it has, and the backend did not report them. */
export function toFailureClass(error: unknown): FailureClass {
  const { code, message } = object(error) ?? {};
  const words = typeof message === "string" ? message : "";
  if (code === -32001) return "overloaded";
  if (code === -32601 || /unknown variant|method not found/i.test(words)) return "method_not_found";
  if (code === -32600) {
    if (/^chatgpt authentication required/i.test(words)) return "not_applicable";
    return /authentication required/i.test(words) ? "not_logged_in" : "failed";
  }
  const [, status] = /\bfailed: (\d{3})\b/.exec(words) ?? [];
  if (status === "401") return "unauthorized";
  if (status === "429") return "rate_limited";
  if (/error sending request|timed out/i.test(words)) return "unreachable";
  return status !== undefined || /Decode error/i.test(words) ? "backend_error" : "failed";
}
