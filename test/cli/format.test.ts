import { expect, test } from "bun:test";
import { cell, toCount, toDollars, toExactDollars } from "../../cli/format.ts";
import { toPercent } from "../../schema/figures.ts";
import { money } from "../../viewer/ui/format.ts";

/** What the formatter of the language itself makes of it. */
function spelled(nanoUsd: number, digits: number): string {
  const usd = Math.abs(nanoUsd) / 1e9;
  return `${nanoUsd < 0 ? "-" : ""}$${usd.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

test("F051 a count is grouped as en-US groups it", () => {
  for (let n = 0; n < Number.MAX_SAFE_INTEGER; n = n * 7 + 3)
    expect(toCount(n)).toBe(n.toLocaleString("en-US"));
  for (const n of [999, 1000, 999_999, 1_000_000, 1234.5, -1234, Number.MAX_SAFE_INTEGER])
    expect(toCount(n)).toBe(n.toLocaleString("en-US"));
});

test("F051 dollars have two digits, below one dollar four, and round halves up on the integer", () => {
  for (let n = 1; n < 9_000_000_000_000_000; n = n * 3 + 7)
    for (const nano of [n, -n, n + 5_000_000]) {
      if (Math.abs(nano) < 50_000) expect(toDollars(nano)).toBe("< $0.0001");
      else expect(toDollars(nano)).toBe(spelled(nano, Math.abs(nano) < 999_950_000 ? 4 : 2));
    }
  expect([0, 1_005_000_000, 999_950_000, 999_949_999, 123_456_785_000_000].map(toDollars)).toEqual([
    "$0.00",
    "$1.01",
    "$1.00",
    "$0.9999",
    "$123,456.79",
  ]);
});

test("F051 F045 a cost is written in commands as on the page", () => {
  for (const of of [0, 1, 49_999, 50_000, 99_999, 999_899_999, 999_949_999, 999_950_000, 999_999_999])
    for (const nano of [of, of * 1000, -of]) expect(toDollars(nano)).toBe(money(nano));
});

test("F051 F032 a share of a limit is cut to whole percents wherever it is shown", () => {
  expect([0, 0.4, 0.29 * 100, 99.6, 100, 104.2].map(toPercent)).toEqual([
    "0 %",
    "< 1 %",
    "29 %",
    "99 %",
    "100 %",
    "104 %",
  ]);
});

test("F051 an unknown price is a dash, and an exact one has all nine digits", () => {
  expect(toDollars(null)).toBe("—");
  expect([32_040_000, 1_234_000_000_001, -5].map(toExactDollars)).toEqual([
    "$0.032040000",
    "$1,234.000000001",
    "-$0.000000005",
  ]);
});

test("F051 a name that is longer than its column keeps a gap", () => {
  expect(["ab", "abcd", "abcde"].map((name) => `${cell(name, 4)}x`)).toEqual([
    "ab  x",
    "abcd  x",
    "abcde  x",
  ]);
});
