/**
 * Whether it counts something. It runs some millions of times in an import, so it is not `Number.isSafeInteger`, for
 * which the compiler has no code of its own.
 */
export function isCount(value: unknown): value is number {
  return (
    typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER && Math.floor(value) === value
  );
}
