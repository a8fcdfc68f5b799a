/**
 * Three shapes in which Claude reports its limits. The unit belongs to the shape: 1 is one percent in the first two
 * and the whole window in the third. A window that is null or absent is not reported, which is not 0.
 */

import { isPercent } from "../../../schema/gate.ts";
import { windowMinutes } from "../../../schema/rate-limits.ts";
import type { RateLimitSample } from "../../../store/batch.ts";
import {
  finite,
  type Json,
  type Origin,
  object,
  resetOf,
  slug,
  toSample,
  type Window,
} from "../../limits/reading.ts";

export type ClaudeOrigin = Omit<Origin, "source" | "limit_id">;

const origin = (of: ClaudeOrigin): Origin => ({ ...of, source: "claude", limit_id: "claude" });

/** `rate_limits` on the statusline's stdin: percent, seconds since the epoch. */
export function fromStatusline(rateLimits: unknown, of: ClaudeOrigin): RateLimitSample[] {
  return named(rateLimits, "used_percentage", 1).map((w) => toSample(origin(of), w));
}

/** Windows with an impossible figure: the client wrote a time into it, or a count. */
export function oddWindows(rateLimits: unknown): string[] {
  return Object.entries(object(rateLimits) ?? {}).flatMap(([key, window]) => {
    const used = object(window)?.used_percentage;
    return windowOf(key) && typeof used === "number" && !isPercent(used) ? `${key}.used_percentage` : [];
  });
}

/** The response of the OAuth usage endpoint, old keys and `limits[]`: percent, ISO times. */
export function fromOAuthUsage(answer: unknown, of: ClaudeOrigin): RateLimitSample[] {
  const windows = new Map(named(answer, "utilization", 1).map((w) => [w.window, w]));
  const list = object(answer)?.limits;
  for (const limit of Array.isArray(list) ? list : []) {
    const window = fromKind(object(limit) ?? {});
    if (window) windows.set(window.window, window);
  }
  return [...windows.values()].map((w) => toSample(origin(of), w));
}

/** `rate_limit_event` of the stream-json output: shares of 1, seconds since the epoch. */
export function fromRateLimitEvent(event: unknown, of: ClaudeOrigin): RateLimitSample[] {
  const info = object(object(event)?.rate_limit_info) ?? object(event);
  const windows = named(info?.unifiedWindows, "utilization", 100);
  const name = windowOf(info?.rateLimitType);
  const single = name && toWindow(name, finite(info?.utilization), 100, info?.resetsAt);
  if (single && !windows.some((w) => w.window === single.window)) windows.push(single);
  return windows.map((w) => toSample(origin(of), w));
}

function named(value: unknown, field: string, factor: number): Window[] {
  return Object.entries(object(value) ?? {}).flatMap(([key, window]) => {
    const name = windowOf(key);
    const vendor = object(window);
    if (!name || !vendor) return [];
    return toWindow(name, finite(vendor[field]), factor, vendor.resets_at ?? vendor.resetsAt) ?? [];
  });
}

function windowOf(key: unknown): string | undefined {
  if (key === "five_hour") return "5h";
  if (key === "seven_day") return "weekly";
  if (typeof key !== "string" || !key.startsWith("seven_day_")) return undefined;
  return `weekly_${slug(key.slice("seven_day_".length), "scoped")}`;
}

function fromKind(limit: Json): Window | undefined {
  const name =
    limit.kind === "session"
      ? "5h"
      : limit.kind === "weekly_all"
        ? "weekly"
        : limit.kind === "weekly_scoped"
          ? `weekly_${scopeOf(limit.scope)}`
          : undefined;
  return name ? toWindow(name, finite(limit.percent), 1, limit.resets_at) : undefined;
}

/** A model's family is enough: `Opus` and `Opus 5.5` are one window under a new name. */
function scopeOf(scope: unknown): string {
  const model = object(object(scope)?.model);
  const name = slug(typeof scope === "string" ? scope : (model?.display_name ?? model?.id), "scoped");
  return ["opus", "sonnet", "haiku", "fable"].find((family) => name.split("_").includes(family)) ?? name;
}

function toWindow(
  window: string,
  value: number | undefined,
  factor: number,
  resets: unknown,
): Window | undefined {
  if (value === undefined) return undefined;
  // 0.07 × 100 is not 7 in binary.
  const used_percent = Math.round(value * factor * 1e6) / 1e6;
  if (!isPercent(used_percent)) return undefined;
  return { window, window_minutes: windowMinutes(window), used_percent, resets_at_unix_ms: resetOf(resets) };
}
