import { describe, expect, test } from "bun:test";
import { cut, startOfDay, toInstant, toQuarters } from "../../store/queries/zone.ts";

const at = (text: string) => Date.parse(text);
const HOUR = 3_600_000;

describe("C39 days are cut in a zone", () => {
  test("C39 an afternoon in UTC is the next day in Seoul", () => {
    const t = at("2026-03-23T15:50:20Z");
    expect(cut("day", { from_unix_ms: t, until_unix_ms: t + 1 }, "Asia/Seoul").map((b) => b.bucket)).toEqual([
      "2026-03-24",
    ]);
    expect(cut("day", { from_unix_ms: t, until_unix_ms: t + 1 }, "UTC").map((b) => b.bucket)).toEqual([
      "2026-03-23",
    ]);
  });

  test("C39 a day of 25 hours has 25, two of them at one o'clock", () => {
    const zone = "America/New_York";
    const [day] = cut(
      "day",
      { from_unix_ms: at("2026-11-01T12:00Z"), until_unix_ms: at("2026-11-01T13:00Z") },
      zone,
    );
    expect([day!.bucket, (day!.until_unix_ms - day!.bucket_unix_ms) / HOUR]).toEqual(["2026-11-01", 25]);
    const hours = cut("hour", { from_unix_ms: day!.bucket_unix_ms, until_unix_ms: day!.until_unix_ms }, zone);
    expect(hours.length).toBe(25);
    expect(hours.filter((h) => h.bucket.startsWith("2026-11-01T01:00")).map((h) => h.bucket)).toEqual([
      "2026-11-01T01:00-04:00",
      "2026-11-01T01:00-05:00",
    ]);
    expect(new Set(hours.map((h) => h.bucket)).size).toBe(25);
  });

  test("C39 a day of 23 hours has 23", () => {
    const range = {
      from_unix_ms: startOfDay("2026-03-29", "Europe/Berlin"),
      until_unix_ms: startOfDay("2026-03-30", "Europe/Berlin"),
    };
    const hours = cut("hour", range, "Europe/Berlin").map((h) => h.bucket.slice(11, 13));
    expect(hours.length).toBe(23);
    expect(hours.slice(0, 4)).toEqual(["00", "01", "03", "04"]);
  });

  test("C39 where midnight does not exist the day starts at the first instant that does", () => {
    expect(startOfDay("2018-11-04", "America/Sao_Paulo")).toBe(at("2018-11-04T03:00Z"));
    const days = cut(
      "day",
      { from_unix_ms: at("2011-12-29T00:00Z"), until_unix_ms: at("2012-01-01T00:00Z") },
      "Pacific/Apia",
    );
    expect(days.map((d) => d.bucket)).not.toContain("2011-12-30");
  });

  test("C39 half-hour zones and half-hour clock changes stay on quarter hours", () => {
    const kolkata = cut(
      "hour",
      { from_unix_ms: at("2026-01-01T00:00Z"), until_unix_ms: at("2026-01-01T02:00Z") },
      "Asia/Kolkata",
    );
    expect(kolkata.map((h) => new Date(h.bucket_unix_ms).getUTCMinutes())).toEqual([30, 30, 30]);
    const day = {
      from_unix_ms: startOfDay("2026-04-05", "Australia/Lord_Howe"),
      until_unix_ms: startOfDay("2026-04-06", "Australia/Lord_Howe"),
    };
    const hours = cut("hour", day, "Australia/Lord_Howe");
    expect(hours.reduce((n, h) => n + h.until_unix_ms - h.bucket_unix_ms, 0)).toBe(24.5 * HOUR);
    expect(new Set(hours.map((h) => h.bucket)).size).toBe(hours.length);
  });

  test("C39 buckets of every period follow each other without a gap, in any zone", () => {
    for (const zone of [
      "UTC",
      "America/New_York",
      "Asia/Kathmandu",
      "Australia/Lord_Howe",
      "Africa/Cairo",
      "Pacific/Apia",
    ])
      for (const period of ["hour", "day", "week", "month"] as const) {
        const range = { from_unix_ms: at("2026-03-01T05:15Z"), until_unix_ms: at("2026-04-20T17:45Z") };
        const buckets = cut(period, range, zone);
        expect(buckets[0]!.bucket_unix_ms).toBeLessThanOrEqual(range.from_unix_ms);
        expect(buckets.at(-1)!.until_unix_ms).toBeGreaterThanOrEqual(range.until_unix_ms);
        for (let i = 1; i < buckets.length; i++)
          expect(buckets[i]!.bucket_unix_ms).toBe(buckets[i - 1]!.until_unix_ms);
        expect(buckets.every((b) => b.bucket_unix_ms % 900_000 === 0)).toBe(true);
      }
  });

  test("F011.A2 a week starts on Monday and is named by it, a month by its first day", () => {
    const range = { from_unix_ms: at("2026-11-01T12:00Z"), until_unix_ms: at("2026-11-02T12:00Z") };
    expect(cut("week", range, "UTC").map((b) => b.bucket)).toEqual(["2026-10-26", "2026-11-02"]);
    expect(cut("month", range, "UTC").map((b) => [b.bucket, b.bucket_unix_ms])).toEqual([
      ["2026-11", at("2026-11-01")],
    ]);
    expect(cut("day", { from_unix_ms: 5, until_unix_ms: 5 }, "UTC")).toEqual([]);
  });
});

test("F011 times are read as instants, as local times and as whole days", () => {
  expect(toInstant("1700000000000", "UTC", "start")).toBe(1_700_000_000_000);
  expect(toInstant("2026-11-01T10:00:00+02:00", "UTC", "start")).toBe(at("2026-11-01T08:00Z"));
  expect(toInstant("2026-11-01T10:00", "Europe/Berlin", "start")).toBe(at("2026-11-01T09:00Z"));
  expect(toInstant("2026-11-01", "America/New_York", "start")).toBe(at("2026-11-01T04:00Z"));
  expect(toInstant("2026-11-01", "America/New_York", "end")).toBe(at("2026-11-02T05:00Z"));
  expect(() => toInstant("2026-02-31", "UTC", "start")).toThrow();
  expect(toQuarters({ from_unix_ms: 1, until_unix_ms: 900_001 })).toEqual({
    from_unix_ms: 0,
    until_unix_ms: 1_800_000,
  });
});

test("C39 days, weeks and months of UTC are those of a zone that never leaves it", () => {
  const range = { from_unix_ms: at("1969-12-30T23:59Z"), until_unix_ms: at("1972-03-01T00:01Z") };
  for (const period of ["day", "week", "month"] as const)
    expect(cut(period, range, "UTC")).toEqual(cut(period, range, "Etc/GMT"));
  for (const day of ["0033-04-03", "1969-12-31", "2024-02-29", "9999-12-31"])
    expect(startOfDay(day, "UTC")).toBe(startOfDay(day, "Etc/GMT"));
});
