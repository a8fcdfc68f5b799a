import { expect, test } from "bun:test";
import { createKnownKeys } from "../../store/known-keys.ts";

test("a known key has the row it had first, whatever came in between, and any other has none", () => {
  const keys = createKnownKeys();
  const key = (n: number) =>
    `codex:01a1d730-c1a9-7ba3-998a-b41ba4d12882:${n % 7}:${n * 977}.0.${n}:ü${n % 3}`;
  const rows = 50_000;
  for (let n = 1; n <= rows; n++) {
    expect(keys.rowOf(key(n))).toBeUndefined();
    expect(keys.claim(key(n), n)).toBeUndefined();
    expect(keys.claim(key(n), rows + n)).toBe(n);
  }
  for (let n = 1; n <= rows; n++) expect(keys.rowOf(key(n))).toBe(n);
  for (const other of ["", "codex:", key(rows + 1), `${key(1)}0`, key(1).slice(1)])
    expect(keys.rowOf(other)).toBeUndefined();
});
