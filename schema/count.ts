/**
 * Whether a value is a count. It runs millions of times in an import, so it does not call `Number.isSafeInteger`, which
 * the JIT does not inline.
 */
export function isCount(value: unknown): value is number {
  return (
    typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER && Math.floor(value) === value
  );
}
