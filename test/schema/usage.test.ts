import { expect, test } from "bun:test";
import { pricedPercent } from "../../schema/usage.ts";

test("C33 how much has a price is cut, and 100 % only where nothing is without one", () => {
  const percent = (total: number, unpriced_tokens: number, unpriced_requests = 1) =>
    pricedPercent(total, { unpriced_requests, unpriced_tokens });
  expect(percent(1000, 4)).toBe(99);
  expect(percent(1000, 999)).toBe(0);
  expect(percent(1000, 500)).toBe(50);
  expect(percent(1e12, 1)).toBe(99);
  expect(percent(1000, 0)).toBe(99);
  expect(percent(0, 0)).toBe(0);
  expect(percent(0, 0, 0)).toBe(100);
});
