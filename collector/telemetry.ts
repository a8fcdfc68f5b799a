import type { HookDelay } from "../schema/api-health.ts";
import { percentile } from "../schema/percentile.ts";
import { fixOf } from "../schema/problems.ts";
import type { DaemonStatus } from "../schema/status.ts";
import type { Problem } from "./bus.ts";

/** Number of recent delays that are kept. */
const DELAYS = 1000;

type PlaceKind = "file" | "folder";

/** Key of the problem with a path. */
export const placeKey = (kind: PlaceKind, path: string) => `${kind} ${path}`;

export type Counters = DaemonStatus["counters"];

/** The collector's counters and its current problems; both are shown, never only logged. */
export function createTelemetry(
  onChange: (key: string, problem: Problem | null) => void,
  now: () => number = Date.now,
) {
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
  const clear = (key: string): void => {
    if (problems.delete(key)) onChange(key, null);
  };
  const delays: number[] = [];
  const started = now();
  return {
    counters,
    /**
     * Times at which hooks ran with events that are stored now; events that waited for this process to start do not
     * count.
     */
    hookStored(times_unix_ms: number[]): void {
      const at = now();
      for (const time of times_unix_ms) if (time >= started) delays.push(Math.max(0, at - time));
      if (delays.length > DELAYS) delays.splice(0, delays.length - DELAYS);
    },
    hookDelay(): HookDelay {
      const sorted = delays.toSorted((a, b) => a - b);
      return { events: sorted.length, p50_ms: percentile(sorted, 50), p99_ms: percentile(sorted, 99) };
    },
    /** A recurring fault is raised once. Without a hint it has the one of its code. */
    raise(key: string, found: Problem): void {
      const problem = { ...found, hint: found.hint ?? fixOf(found.code) };
      const known = problems.get(key);
      problems.set(key, problem);
      if (known?.code !== problem.code || known.detail !== problem.detail) onChange(key, problem);
    },
    clear,
    /** Clears the problems of paths that are gone. */
    clearAllBut(kind: PlaceKind, paths: ReadonlySet<string>): void {
      const place = placeKey(kind, "");
      for (const key of problems.keys())
        if (key.startsWith(place) && !paths.has(key.slice(place.length))) clear(key);
    },
    problems: (): Problem[] => [...problems.values()],
  };
}

export type Telemetry = ReturnType<typeof createTelemetry>;
