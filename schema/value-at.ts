/** What JSON holds at a path; undefined where it has no such place. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (held, key) =>
      typeof held === "object" && held !== null ? (held as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
