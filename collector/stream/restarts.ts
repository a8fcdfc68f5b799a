const BUDGET = 3;
const WINDOW_MS = 60_000;

/**
 * Exits and failed starts within a minute, its end included: the third one is a crash loop, which only a person can
 * end.
 */
export function createRestarts() {
  let failures: number[] = [];
  return {
    /** True if this failure makes it a loop. */
    failed(now: number): boolean {
      failures = [...failures.filter((at) => now - at <= WINDOW_MS), now];
      return failures.length >= BUDGET;
    },
    reset(): void {
      failures = [];
    },
  };
}
