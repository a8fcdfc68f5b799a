import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  ago,
  clockOrDay,
  dayBefore,
  dayOf,
  duration,
  exactMoney,
  money,
  percent,
  shortMoment,
  tokens,
} from "../../viewer/ui/format.ts";

describe("money", () => {
  test("F045 is cents from a dollar up and four decimals below", () => {
    expect(money(32_100_000)).toBe("$0.0321");
    expect(money(12_340_000_000)).toBe("$12.34");
    expect(money(1_234_567_891_234)).toBe("$1,234.57");
    expect([999_949_999, 999_950_000].map(money)).toEqual(["$0.9999", "$1.00"]);
    expect(money(0)).toBe("$0.00");
  });
  test("EC003 an unknown price is a dash, and a tiny one is not nothing", () => {
    expect(money(null)).toBe("–");
    expect(exactMoney(null)).toBe("no price known");
    expect(money(1)).toBe("< $0.0001");
  });
  test("F045 is exact to the nano-dollar in the title", () => {
    expect(exactMoney(32_112_345)).toBe("$0.032112345");
    expect(exactMoney(7_500_000_000)).toBe("$7.50");
    void fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (nano) => {
        const [whole = "", part = ""] = exactMoney(nano).replace(/[$,]/g, "").split(".");
        expect(BigInt(whole) * 1_000_000_000n + BigInt(part.padEnd(9, "0"))).toBe(BigInt(nano));
      }),
    );
  });
  test("F045 is never more than half of its last digit away", () => {
    void fc.assert(
      fc.property(fc.integer({ min: 50_000, max: 2 ** 46 }), (nano) => {
        const shown = Number(money(nano).replace(/[$,]/g, "")) * 1e9;
        expect(Math.abs(shown - nano)).toBeLessThanOrEqual((nano >= 999_950_000 ? 5_000_000 : 50_000) + 1);
      }),
    );
  });
});

test("F045 tokens have three digits and never four before the letter", () => {
  const shown = [0, 999, 1000, 12_345, 999_499, 999_500, 4_560_000, 1_230_000_000].map(tokens);
  expect(shown).toEqual(["0", "999", "1.00k", "12.3k", "999k", "1.00M", "4.56M", "1.23B"]);
  void fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), (n) =>
      expect(tokens(n)).toMatch(/^(\d{1,3}|\d\.\d\d[kMB]|\d\d\.\d[kMB]|\d{3}[kMB])$/),
    ),
  );
});

test("F045 a share is cut, so that nearly all is not all", () => {
  expect(percent(9996, 10_000)).toBe("99.9 %");
  expect(percent(1, 1)).toBe("100 %");
  expect(percent(7, 8)).toBe("87 %");
  expect(percent(1, 3000)).toBe("0 %");
  expect(percent(0, 0)).toBe("–");
});

test("F045 durations grow from milliseconds to days", () => {
  const shown = [340, 999.6, 1200, 59_990, 60_000, 192_000, 7_500_000, 300_000_000].map(duration);
  expect(shown).toEqual([
    "340 ms",
    "1.0 s",
    "1.2 s",
    "59 s",
    "1 min 00 s",
    "3 min 12 s",
    "2 h 05 min",
    "3 days",
  ]);
  expect(duration(null)).toBe("");
});

test("F045 a past moment is shown roughly, one in the future as now", () => {
  const now = 1_000_000_000_000;
  const shown = [-5, 10, 90, 3000, 3570, 7200, 100_000, 400_000].map((seconds) =>
    ago(now - seconds * 1000, now),
  );
  expect(shown).toEqual([
    "just now",
    "just now",
    "2 min ago",
    "50 min ago",
    "1 h ago",
    "2 h ago",
    "yesterday",
    "4 days ago",
  ]);
});

test("F045 days are those of the given zone, also where one has 23 hours", () => {
  const night = Date.parse("2026-03-29T22:30:00Z");
  expect([dayOf(night, "UTC"), dayOf(night, "Europe/Berlin")]).toEqual(["2026-03-29", "2026-03-30"]);
  expect(dayBefore("2026-03-30", 6)).toBe("2026-03-24");
  expect(dayBefore("2026-01-01", 1)).toBe("2025-12-31");
});

test("F045 a time of another day names its day", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  const before = Date.parse("2026-11-18T18:33:05Z");
  expect(clockOrDay(now, now, "Europe/Berlin")).toBe("13:00:00");
  expect(clockOrDay(before, now, "Europe/Berlin")).toBe("18 Nov");
  expect(shortMoment(before, now, "Europe/Berlin")).toBe("18 Nov 19:33");
});
