/** Parsing of foreign JSON about limits: numbers, times and names. */

import { toReset } from "../../schema/gate.ts";
import type { RateLimitSample } from "../../store/batch.ts";

export type Json = Record<string, unknown>;

export function object(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** Seconds since the epoch, or ISO 8601; null if neither. */
export function moment(value: unknown): number | null {
  const seconds = finite(value);
  if (seconds !== undefined) return seconds > 0 ? Math.round(seconds * 1000) : null;
  if (typeof value !== "string") return null;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}

/** End of a window; an implausible one counts as not reported. */
export function resetOf(value: unknown): number | null {
  return toReset(moment(value), Date.now());
}

/** An external name that becomes a label: short, and never an address or a token. */
export function slug(value: unknown, fallback: string): string {
  if (typeof value !== "string" || value.includes("@") || value.length > 60) return fallback;
  return (
    value
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^_+|_+$/g, "")
      .slice(0, 40) || fallback
  );
}

const PLAIN_ID = /^[\w.:-]{1,60}$/;

export function limitId(value: unknown, fallback: string): string {
  return typeof value === "string" && PLAIN_ID.test(value) ? value : fallback;
}

/** An operator's alias; anything that looks like an address or an id of the vendor is rejected. */
export function isAlias(value: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(value) && !/^(acct|user|org|sk)[-_]/i.test(value);
}

/** Common fields of all samples of one reading. */
export type Origin = Pick<
  RateLimitSample,
  "source" | "origin" | "account" | "limit_id" | "time_unix_ms" | "session_id"
>;
export type Window = Pick<
  RateLimitSample,
  "window" | "window_minutes" | "used_percent" | "resets_at_unix_ms"
>;

/**
 * A client reports the same figures on every redraw: once a minute is sufficient, so the minute and not the moment is
 * part of the id.
 */
export function toSample(of: Origin, window: Window): RateLimitSample {
  const minute = Math.floor(of.time_unix_ms / 60_000);
  const key = [of.source, of.origin, of.account, of.limit_id, window.window, minute, window.used_percent];
  return { sample_id: key.join(":"), ...of, ...window };
}
