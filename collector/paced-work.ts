/** Delay after a commit; the work takes at most a twentieth of the time. */
const SOON_MS = 1_000;
const SHARE = 20;

export type PacedWork = {
  now(): void;
  /** Several commits of one moment become one run. */
  soon(): void;
  stop(): void;
};

/** Runs after what is stored has changed, with longer pauses the longer a run takes. */
export function createPacedWork(run: () => void): PacedWork {
  let took_ms = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function now(): void {
    const started = performance.now();
    run();
    took_ms = performance.now() - started;
  }
  return {
    now,
    soon(): void {
      timer ??= setTimeout(
        () => {
          timer = undefined;
          now();
        },
        Math.max(SOON_MS, SHARE * took_ms),
      );
    },
    stop: () => clearTimeout(timer),
  };
}
