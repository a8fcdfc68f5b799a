/** Shorter than what a person notices, long enough that a turn costs nothing beside it. */
const SLICE_MS = 12;

/** For long work on the single thread: call it between two steps; other work runs whenever a slice is over. */
export function createSlices(): () => Promise<void> | undefined {
  let begun = performance.now();
  return () => {
    if (performance.now() - begun < SLICE_MS) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        begun = performance.now();
        resolve();
      }),
    );
  };
}
