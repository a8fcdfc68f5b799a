import type { DaemonStatus } from "../schema/status.ts";
import type { Problem } from "./bus.ts";

export type Counters = DaemonStatus["counters"];

/** What the collector counts of itself, and what is wrong right now; both are shown, never only logged. */
export function createTelemetry(onChange: (key: string, problem: Problem | null) => void) {
  const counters: Counters = {
    lines_read: 0,
    bytes_read: 0,
    events_committed: 0,
    requests_committed: 0,
    duplicates: 0,
    rejects: 0,
    hook_events_lost: 0,
    sse_clients: 0,
  };
  const problems = new Map<string, Problem>();
  return {
    counters,
    /** A fault that is met again and again is raised once. */
    raise(key: string, problem: Problem): void {
      const known = problems.get(key);
      problems.set(key, problem);
      if (known?.code !== problem.code || known.detail !== problem.detail) onChange(key, problem);
    },
    clear(key: string): void {
      if (problems.delete(key)) onChange(key, null);
    },
    problems: (): Problem[] => [...problems.values()],
  };
}

export type Telemetry = ReturnType<typeof createTelemetry>;
