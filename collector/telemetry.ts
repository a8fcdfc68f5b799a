import type { DaemonStatus } from "../schema/status.ts";

export type Counters = DaemonStatus["counters"];
export type Problem = DaemonStatus["problems"][number];

/** What the collector counts of itself, and what is wrong right now; both are shown, never only logged. */
export function createTelemetry() {
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
    raise: (key: string, problem: Problem): void => void problems.set(key, problem),
    clear: (key: string): void => void problems.delete(key),
    problems: (): Problem[] => [...problems.values()],
  };
}

export type Telemetry = ReturnType<typeof createTelemetry>;
