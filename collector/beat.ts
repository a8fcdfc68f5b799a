/** Work that is repeated: every `every_ms`, or every `rest_ms` while nothing happens. */
export type Repeated = { every_ms: number; rest_ms?: number; run(): void };

/**
 * One timer for all repeated checks. A timer of its own for each check costs little by itself,
 * but each wake of the program also wakes the runtime's threads, which takes as long as ten checks.
 */
export type Beat = {
  /**
   * Runs it together with other work that is due at the same moment, for the first time within one period. Returns a
   * function that ends it.
   */
  every(work: Repeated): () => void;
  /** When the longer periods apply. Without a condition they never do. */
  restWhile(condition: () => boolean): void;
  /** Activity: work that is due by its shorter period runs at once. */
  rouse(): void;
  stop(): void;
};

/** A main thread that does not run for less is not reported as one that hangs. */
export const HUNG_MS = 5_000;
/** The period at rest of what is otherwise checked every second or two: one wake in four, none of them a hang. */
export const REST_MS = 0.8 * HUNG_MS;

/** A timer may fire slightly early. */
const EARLY_MS = 2;

export function createBeat(now: () => number = performance.now.bind(performance)): Beat {
  const schedule = createSchedule(now());
  let isResting = () => false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  function arm(): void {
    clearTimeout(timer);
    timer = undefined;
    const next = schedule.nextAt(isResting());
    if (!isStopped && next !== undefined) timer = setTimeout(tick, Math.max(1, Math.ceil(next - now())));
  }
  function tick(): void {
    try {
      for (const work of schedule.takeDue(now(), isResting())) if (schedule.has(work)) runApart(work);
    } finally {
      arm();
    }
  }
  return {
    every(work) {
      const remove = schedule.add(work, now());
      arm();
      return remove;
    },
    restWhile(condition) {
      isResting = condition;
      arm();
    },
    rouse: arm,
    stop() {
      isStopped = true;
      arm();
    },
  };
}

/** What one check throws ends the process, as it would in a timer of its own; the others run before that. */
function runApart({ run }: Repeated): void {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Due times: at multiples of each period, so that equal and double periods coincide. */
export function createSchedule(origin: number) {
  const works = new Map<Repeated, number>();

  function dueAt(work: Repeated, ran: number, isAtRest: boolean): number {
    const period = isAtRest ? (work.rest_ms ?? work.every_ms) : work.every_ms;
    return origin + (Math.floor((ran - origin) / period) + 1) * period;
  }
  return {
    add(work: Repeated, now: number): () => void {
      works.set(work, now);
      return () => void works.delete(work);
    },
    has: (work: Repeated): boolean => works.has(work),
    nextAt(isAtRest: boolean): number | undefined {
      if (works.size === 0) return undefined;
      return Math.min(...[...works].map(([work, ran]) => dueAt(work, ran, isAtRest)));
    },
    /** Work that was due several times, as after a sleep of the machine, is due once. */
    takeDue(now: number, isAtRest: boolean): Repeated[] {
      const due = [...works].filter(([work, ran]) => dueAt(work, ran, isAtRest) <= now + EARLY_MS);
      for (const [work] of due) works.set(work, now + EARLY_MS);
      return due.map(([work]) => work);
    },
  };
}
