import { describe, expect, test } from "bun:test";
import {
  fromOAuthUsage,
  fromRateLimitEvent,
  fromStatusline,
} from "../../collector/sources/claude/rate-limits.ts";
import {
  DIALS,
  elapsedRatio,
  forecast,
  fromCctrackWindow,
  isStale,
  isTooOldToAlert,
  paceRatio,
  type Reading,
  resetSeconds,
  sameWindow,
  toCctrackWindow,
  usageRatio,
  windowMinutes,
  windowName,
} from "../../schema/rate-limits.ts";
import type { RateLimitSample } from "../../store/batch.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.parse("2026-11-20T12:00:00Z");
const of = { origin: "statusline", account: "default", session_id: "S1", time_unix_ms: NOW } as const;
const figures = (samples: RateLimitSample[]) =>
  Object.fromEntries(samples.map((s) => [s.window, s.used_percent]));

describe("the shapes in which Claude reports its limits", () => {
  test("R01 the statusline has percent and seconds since the epoch", () => {
    const samples = fromStatusline(
      {
        five_hour: { used_percentage: 42, resets_at: 1_796_000_000 },
        seven_day: { used_percentage: 10, resets_at: 1_796_500_000 },
      },
      of,
    );
    expect(samples).toMatchObject([
      { source: "claude", limit_id: "claude", window: "5h", window_minutes: 300, used_percent: 42 },
      { window: "weekly", window_minutes: 10_080, used_percent: 10, session_id: "S1" },
    ]);
    expect(samples.map((s) => s.resets_at_unix_ms)).toEqual([1_796_000_000_000, 1_796_500_000_000]);
  });

  test("R01 what the statusline does not report gives no sample, whatever is there", () => {
    for (const absent of [undefined, null, {}, "x", [], { five_hour: null }, { five_hour: {} }])
      expect(fromStatusline(absent, of)).toEqual([]);
  });

  test("R02 the OAuth shape has percent, ISO times, and scoped windows in its list", () => {
    const samples = fromOAuthUsage(
      {
        five_hour: { utilization: 42.0, resets_at: "2026-11-20T18:00:00+00:00" },
        seven_day_opus: null,
        limits: [{ kind: "weekly_scoped", scope: "fable", percent: 7 }],
      },
      of,
    );
    expect(figures(samples)).toEqual({ "5h": 42, weekly_fable: 7 });
    expect(samples[0]?.resets_at_unix_ms).toBe(Date.parse("2026-11-20T18:00:00Z"));
    expect(samples[1]).toMatchObject({ window_minutes: 10_080, resets_at_unix_ms: null });
  });

  test("R02 the list names session, week and a model's week; Opus by any name is the window of the O dial", () => {
    const model = (display_name: string) => ({ model: { id: null, display_name }, surface: null });
    const limits = [
      { kind: "session", percent: 25, resets_at: "2026-11-20T16:30:00.675225+00:00", scope: null },
      { kind: "weekly_all", percent: 19, resets_at: null, scope: null },
      { kind: "weekly_scoped", percent: 11, resets_at: null, scope: model("Opus 5.5") },
      { kind: "weekly_scoped", percent: 3, resets_at: null, scope: model("New Thing!") },
      { kind: "something_new", percent: 99 },
    ];
    const samples = fromOAuthUsage({ five_hour: null, seven_day: null, limits }, of);
    expect(figures(samples)).toEqual({ "5h": 25, weekly: 19, weekly_opus: 11, weekly_new_thing: 3 });
  });

  test("R03 the unit comes from the source and never from the size", () => {
    const event = (utilization: number) => ({
      rate_limit_info: {
        status: "allowed",
        unifiedWindows: { five_hour: { utilization, resetsAt: 1_796_000_000 } },
      },
    });
    const result = (utilization: number) => fromRateLimitEvent(event(utilization), of)[0]?.used_percent;
    expect([0.42, 1, 1.0, 0.07, 0].map(result)).toEqual([42, 100, 100, 7, 0]);
    expect(fromStatusline({ five_hour: { used_percentage: 1 } }, of)[0]?.used_percent).toBe(1);
    expect(fromOAuthUsage({ five_hour: { utilization: 1 } }, of)[0]?.used_percent).toBe(1);
    const single = {
      rate_limit_info: { rateLimitType: "seven_day", utilization: 0.5, resetsAt: 1_796_000_000 },
    };
    expect(figures(fromRateLimitEvent(single, of))).toEqual({ weekly: 50 });
  });
});

const reading = (over: Partial<Reading> = {}): Reading => ({
  used_percent: 50,
  resets_at_unix_ms: NOW + 3.75 * HOUR,
  window_minutes: 300,
  time_unix_ms: NOW,
  ...over,
});

describe("what a reading means", () => {
  test("F032 a window's name and length follow from each other, and ccTrack's names lead there and back", () => {
    for (const name of ["5h", "weekly", "monthly", "90m"]) expect(windowName(windowMinutes(name))).toBe(name);
    expect(windowMinutes("weekly_opus")).toBe(10_080);
    expect(windowMinutes("unknown")).toBeNull();
    const names = DIALS.map((d) => toCctrackWindow(d.source, d.window));
    expect(names).toEqual(["5h_limit", "weekly_limit", "session", "weekly_all", "weekly_opus"]);
    expect(DIALS.map((d, i) => fromCctrackWindow(d.source, names[i]!))).toEqual(DIALS.map((d) => d.window));
  });

  test("A-14 half used at a quarter of the window is a pace of 2, and the reset is never negative", () => {
    const r = reading();
    expect(paceRatio(usageRatio(r), r.resets_at_unix_ms, r.window_minutes, NOW)).toBeCloseTo(2, 9);
    expect(resetSeconds(r.resets_at_unix_ms, NOW)).toBe(13_500);
  });

  test("A-15 without an end, at its very start, past its end or with a wrong clock there is no pace", () => {
    const pace = (resets: number | null, minutes: number | null) => paceRatio(0.5, resets, minutes, NOW);
    expect(pace(null, 300)).toBeUndefined();
    expect(pace(NOW + 5 * HOUR, 300)).toBeUndefined();
    expect(pace(NOW - 1, 300)).toBeUndefined();
    expect(pace(NOW, 300)).toBeUndefined();
    expect(pace(NOW + 6 * HOUR, 300)).toBeUndefined();
    expect(pace(NOW + HOUR, null)).toBeUndefined();
    expect(pace(NOW + HOUR, 0)).toBeUndefined();
    expect([resetSeconds(null, NOW), resetSeconds(NOW - 1, NOW)]).toEqual([undefined, undefined]);
    expect(elapsedRatio(NOW + HOUR, 300, NOW)).toBeCloseTo(0.8, 9);
  });

  test("R04 a value older than a tenth of its window raises no alert, and it is shown as stale before", () => {
    const old = (minutes: number) => reading({ time_unix_ms: NOW - minutes * MINUTE });
    expect([30, 31].map((m) => isTooOldToAlert(old(m), NOW))).toEqual([false, true]);
    expect([15, 16].map((m) => isStale(old(m), NOW))).toEqual([false, true]);
    expect(isStale(reading({ resets_at_unix_ms: NOW - 1 }), NOW)).toBe(true);
  });

  test("R06 a window's end that is a minute off is the same window's, and R05 a later one is another's", () => {
    const at = (ms: number | null) => ({ resets_at_unix_ms: ms });
    expect(sameWindow(at(NOW), at(NOW + MINUTE))).toBe(true);
    expect(sameWindow(at(NOW), at(NOW - MINUTE))).toBe(true);
    expect(sameWindow(at(NOW), at(NOW + MINUTE + 1))).toBe(false);
    expect([sameWindow(at(null), at(null)), sameWindow(at(null), at(NOW))]).toEqual([true, false]);
  });
});

describe("the forecast", () => {
  const end = NOW + 4 * HOUR;
  const at = (minutesAgo: number, used_percent: number, resets = end) =>
    reading({ time_unix_ms: NOW - minutesAgo * MINUTE, used_percent, resets_at_unix_ms: resets });

  test("R08 needs two samples of one window that are five minutes apart", () => {
    expect(forecast([])).toEqual({ kind: "not_enough_data" });
    expect(forecast([at(0, 20)])).toEqual({ kind: "not_enough_data" });
    expect(forecast([at(4, 10), at(0, 20)])).toEqual({ kind: "not_enough_data" });
    expect(forecast([at(30, 10), at(0, 20)]).kind).toBe("run_out");
  });

  test("R08 20 % after one hour of five runs out at the five-hour mark, within a range", () => {
    const result = forecast([at(0, 20), at(30, 10)]);
    if (result.kind !== "run_out") throw new Error(result.kind);
    expect(result.at_unix_ms).toBe(end);
    expect(result.earliest_unix_ms).toBeLessThan(end);
    // Behind the reset the window begins at 0 again.
    expect(result.latest_unix_ms).toBeNull();
    expect(result.is_before_reset).toBe(false);
    const slow = forecast([at(0, 21), at(60, 15)]);
    expect(slow).toMatchObject({
      kind: "run_out",
      at_unix_ms: end,
      latest_unix_ms: null,
      is_before_reset: false,
    });
    expect(forecast([at(0, 3), at(60, 2)])).toEqual({ kind: "no_run_out" });
    const open = (minutesAgo: number, used: number) => ({ ...at(minutesAgo, used), resets_at_unix_ms: null });
    expect(forecast([open(0, 20), open(60, 15)])).toMatchObject({
      at_unix_ms: NOW + 16 * HOUR,
      is_before_reset: null,
    });
    expect(forecast([at(30, 5), at(0, 20)])).toMatchObject({ is_before_reset: true });
  });

  test("R08 without growth there is no run-out, and at the limit it is now", () => {
    expect(forecast([at(30, 20), at(0, 20)])).toEqual({ kind: "no_run_out" });
    expect(forecast([at(30, 90), at(0, 100)])).toMatchObject({ at_unix_ms: NOW, latest_unix_ms: NOW });
  });

  test("R05 a window that restarted burns from its own start: the old one's figures do not count", () => {
    const before = NOW - 20 * MINUTE;
    const rolled = [at(60, 90, before), at(25, 95, before), at(15, 10), at(0, 40)];
    const result = forecast(rolled);
    if (result.kind !== "run_out") throw new Error(result.kind);
    expect(result.at_unix_ms).toBe(NOW + 30 * MINUTE);
    expect(forecast(rolled.slice(0, 3))).toEqual({ kind: "not_enough_data" });
  });

  test("R06 ends that jitter do not cut a window in two", () => {
    const jitter = [at(30, 10, end - 20_000), at(15, 15, end + 20_000), at(0, 20, end)];
    expect(forecast(jitter)).toMatchObject({ kind: "run_out", at_unix_ms: end });
  });
});
