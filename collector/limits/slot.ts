import type { SourceHealth } from "../../schema/rate-limits.ts";
import { afterRateLimited } from "./backoff.ts";
import type { Probe, ProbeResult } from "./probe.ts";

/** A source with its schedule and its state. */
export type Slot = { probe: Probe; health: SourceHealth; rate_limited: number; is_warned: boolean };

export function toSlot(probe: Probe): Slot {
  const { name, source, origin, account, cadence_ms } = probe;
  const health: SourceHealth = {
    name,
    source,
    origin,
    account,
    cadence_ms,
    is_running: false,
    captures: 0,
    failures: 0,
    failures_by_class: {},
    consecutive_failures: 0,
    last_attempt_unix_ms: null,
    last_success_unix_ms: null,
    last_failure_class: null,
    last_duration_ms: null,
    next_due_unix_ms: null,
  };
  return { probe, health, rate_limited: 0, is_warned: false };
}

export function isDue({ health, probe }: Slot, now: number, longest_wait_ms: number): boolean {
  const at = health.next_due_unix_ms;
  if (health.is_running) return false;
  // Later than any wait allows: the clock was set back.
  return at === null || at <= now || at - now > probe.cadence_ms + longest_wait_ms;
}

/** On time it keeps its rhythm; if late, it counts from now and skips missed polls. */
export function begin({ health, probe }: Slot, now: number): void {
  const planned = (health.next_due_unix_ms ?? now) + probe.cadence_ms;
  health.next_due_unix_ms =
    planned > now && planned <= now + probe.cadence_ms ? planned : now + probe.cadence_ms;
  health.is_running = true;
  health.last_attempt_unix_ms = now;
}

export function end(slot: Slot, result: ProbeResult, duration_ms: number, now: number): void {
  const { health } = slot;
  health.is_running = false;
  health.last_duration_ms = Math.round(duration_ms);
  if (result.ok) {
    health.captures++;
    health.consecutive_failures = 0;
    health.last_success_unix_ms = result.event.time_unix_ms;
    slot.rate_limited = 0;
    slot.is_warned = false;
    return;
  }
  const { failure } = result;
  health.failures++;
  health.consecutive_failures++;
  health.last_failure_class = failure;
  health.failures_by_class[failure] = (health.failures_by_class[failure] ?? 0) + 1;
  slot.rate_limited = failure === "rate_limited" ? slot.rate_limited + 1 : 0;
  if (slot.rate_limited > 0) postpone(slot, now + afterRateLimited(slot.rate_limited));
}

export function postpone({ health }: Slot, until: number): void {
  health.next_due_unix_ms = Math.max(health.next_due_unix_ms ?? until, until);
}
