import { expect, test } from "bun:test";
import { splitCacheWrites } from "../../schema/cache-split.ts";
import { NO_USAGE, toFlags } from "../../schema/usage.ts";
import { cost } from "../../store/cost.ts";
import { frozenBook, request } from "../store/prices.ts";

function bill(flat: unknown, m5: unknown, h1: unknown) {
  const split = splitCacheWrites(flat, m5, h1);
  const usage = {
    ...NO_USAGE,
    cache_creation_5m_input_tokens: split.m5,
    cache_creation_1h_input_tokens: split.h1,
  };
  const { cost_nano_usd } = cost(frozenBook, request("claude-opus-5-5", usage));
  return { tokens: [split.m5, split.h1], nano_usd: cost_nano_usd, flags: toFlags(split.flags) };
}

test("C13 a full split is billed as is", () => {
  expect(bill(9000, 1000, 8000)).toEqual({ tokens: [1000, 8000], nano_usd: 69_000_000, flags: [] });
});

test("C14 a split of zeros leaves the flat count at five minutes", () => {
  const expected = { tokens: [9000, 0], nano_usd: 45_000_000, flags: ["cache_ttl_unknown"] };
  expect(bill(9000, 0, 0)).toEqual(expected as ReturnType<typeof bill>);
});

test("C15 what a split leaves out goes to five minutes", () => {
  const expected = { tokens: [7000, 2000], nano_usd: 51_000_000, flags: ["cache_split_incomplete"] };
  expect(bill(9000, 1000, 2000)).toEqual(expected as ReturnType<typeof bill>);
});

test("C16 a split larger than the flat count wins", () => {
  const expected = { tokens: [0, 8989], nano_usd: 71_912_000, flags: ["cache_split_exceeds_flat"] };
  expect(bill(1000, 0, 8989)).toEqual(expected as ReturnType<typeof bill>);
});

test("C17 without a split the flat count is at five minutes", () => {
  const expected = { tokens: [9000, 0], nano_usd: 45_000_000, flags: ["cache_ttl_assumed_5m"] };
  expect(bill(9000, undefined, undefined)).toEqual(expected as ReturnType<typeof bill>);
  expect(bill(9000, null, null)).toEqual(expected as ReturnType<typeof bill>);
});

test("F001 no writes at all raise no flag, and a split alone needs no flat count", () => {
  expect(bill(undefined, undefined, undefined)).toEqual({ tokens: [0, 0], nano_usd: 0, flags: [] });
  expect(bill(0, undefined, undefined).flags).toEqual([]);
  expect(bill(undefined, 5, 7)).toMatchObject({ tokens: [5, 7], flags: [] });
});

test("C38 a count that is not a count is 0 and flagged", () => {
  for (const wrong of [-5, "12", 1.5, Number.POSITIVE_INFINITY, Number.NaN, {}])
    expect(bill(wrong, 3, 4)).toMatchObject({ tokens: [3, 4], flags: ["bad_number"] });
  expect(bill(10, "4", 4)).toMatchObject({
    tokens: [6, 4],
    flags: ["cache_split_incomplete", "bad_number"],
  });
});
