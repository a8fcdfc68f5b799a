/** After a commit; and never more than a twentieth of the time is spent on looking. */
const SOON_MS = 1_000;
const SHARE = 20;

export type PacedLook = {
  now(): void;
  /** Several commits of one moment become one look. */
  soon(): void;
  stop(): void;
};

/** Looks at what is stored after it changed, and rests the longer the more a look costs. */
export function createPacedLook(look: () => void): PacedLook {
  let took_ms = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function now(): void {
    const started = performance.now();
    look();
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
