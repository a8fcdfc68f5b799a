const MINUTE = 60_000;

export type Backoff = { base_ms: number; cap_ms: number };
export const BACKOFF: Backoff = { base_ms: 30_000, cap_ms: 30 * MINUTE };

/** Extra wait after the n-th cycle in a row in which every source failed: doubling, capped, up to a tenth longer. */
export function backoffMs(failures: number, { base_ms, cap_ms }: Backoff, random: () => number): number {
  if (failures <= 0) return 0;
  const doubled = Math.min(cap_ms, base_ms * 2 ** Math.min(failures - 1, 30));
  return Math.min(cap_ms, Math.round(doubled * (1 + random() / 10)));
}

/**
 * A backend that answers 429 is polled again after five minutes at the earliest, then after ten, twenty, up to an hour;
 * its own `retry-after` is known to be 0.
 */
export function afterRateLimited(times: number): number {
  return Math.min(60 * MINUTE, 5 * MINUTE * 2 ** Math.max(0, Math.min(times - 1, 10)));
}
