/** So much rarer are the folders compared while nothing happens and the system reports all that does. */
export const REST_SCANS = 10;
const REST_AFTER_MS = 60_000;
/**
 * A network's file system reports nothing, ever. Elsewhere an unreported change is rare, such as that of a session
 * from last week that is resumed, which is not watched: one of those must not end every later rest.
 */
const DISTRUST_MS = 10 * 60_000;

type RestParts = {
  /** How many changes the system has left unreported. */
  foundByScan(): number;
  isReported(): boolean;
  /** Not by the clock of the day, which may be set back by hours. */
  now(): number;
};

/** Whether nothing has happened for a while, and what happens next can be expected to be reported. */
export function createRest({ foundByScan, isReported, now }: RestParts) {
  let workedAt = now();
  let found = foundByScan();
  let foundAt = Number.NEGATIVE_INFINITY;

  function isDistrusted(): boolean {
    if (foundByScan() !== found) {
      found = foundByScan();
      foundAt = now();
    }
    return now() - foundAt < DISTRUST_MS;
  }
  return {
    worked(): void {
      workedAt = now();
    },
    idle_ms: (): number => now() - workedAt,
    isAtRest: (): boolean => !isDistrusted() && now() - workedAt > REST_AFTER_MS && isReported(),
  };
}
