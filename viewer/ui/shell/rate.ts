import { computed, effect, signal } from "@preact/signals";
import { seconds } from "../clock.ts";
import { arrivals } from "../feed.ts";

const WINDOW_MS = 60_000;
/** Number of events by second; entries older than the window are dropped. */
const counts = signal<{ at: number; count: number }[]>([]);

export const events_per_minute = computed(() => {
  const since = seconds.value - WINDOW_MS;
  return counts.value.reduce((sum, c) => sum + (c.at > since ? c.count : 0), 0);
});

export function startRate(): void {
  effect(() => {
    const now = Date.now();
    const fresh = arrivals.value.filter((e) => (e.time_unix_ms ?? 0) > now - WINDOW_MS).length;
    if (fresh === 0) return;
    counts.value = [...counts.peek().filter((c) => c.at > now - WINDOW_MS), { at: now, count: fresh }];
  });
}
