import { describe, expect, test } from "bun:test";
import { pastOf } from "../../viewer/ui/limits/past-windows.tsx";
import {
  countdown,
  isOld,
  outlook,
  provenance,
  type Shown,
  shownValue,
  toneOf,
} from "../../viewer/ui/limits-labels.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const [MINUTE, HOUR] = [60_000, 3_600_000];

const shown = (over: Partial<Shown> = {}): Shown & { origin: "rollout" } => ({
  state: "fresh",
  used_percent: 50,
  last_used_percent: 50,
  window_minutes: 300,
  forecast: null,
  resets_at_unix_ms: NOW + 3 * HOUR,
  time_unix_ms: NOW,
  origin: "rollout",
  ...over,
});

describe("the words around a dial", () => {
  test("A-16 cut percents, never rounded up to all of it", () => {
    const values = [0, 0.4, 1, 99.9, 100, 104].map((used_percent) =>
      shownValue(shown({ used_percent }), NOW),
    );
    expect(values).toEqual(["0 %", "< 1 %", "1 %", "99 %", "100 %", "104 %"]);
  });

  test("A-16 N/A where there is no value, also when the window ends while the page is open", () => {
    const w = shown();
    expect(shownValue(shown({ used_percent: null, state: "not_reported" }), NOW)).toBe("N/A");
    expect(shownValue(w, NOW + 3 * HOUR)).toBe("N/A");
    expect(provenance(w, NOW + 3 * HOUR)).toBe("window over · was 50 %");
    expect(toneOf(w, NOW + 3 * HOUR)).toBe("none");
    expect(outlook(w, NOW + 3 * HOUR, "UTC")).toBe("");
  });

  test("F032 a value grows old while the page is open, and is marked", () => {
    expect([isOld(shown(), NOW + 15 * MINUTE), isOld(shown(), NOW + 16 * MINUTE)]).toEqual([false, true]);
    expect(provenance(shown(), NOW + 16 * MINUTE)).toBe("stale · 16 min ago");
    expect(provenance(shown({ state: "no_longer_reported" }), NOW + HOUR)).toBe(
      "no longer reported · 1 h ago",
    );
  });

  test("F032 the reset is counted down, and the pace is of this moment", () => {
    expect(countdown(shown(), NOW + HOUR)).toBe("resets in 2 h 00 min");
    expect(countdown(shown({ resets_at_unix_ms: NOW + 71 * HOUR }), NOW)).toBe("resets in 2 d 23 h");
    expect(countdown(shown({ resets_at_unix_ms: null }), NOW)).toBe("");
    expect(outlook(shown(), NOW, "UTC")).toBe("1.3× pace");
    expect(outlook(shown(), NOW + 30 * MINUTE, "UTC")).toBe("on pace");
  });

  test("R08 a run-out before the reset is shown as a range, one after it is not", () => {
    const forecast = {
      kind: "run_out" as const,
      at_unix_ms: NOW + HOUR,
      earliest_unix_ms: NOW + 50 * MINUTE,
      latest_unix_ms: NOW + 2 * HOUR,
      is_before_reset: true,
    };
    expect(outlook(shown({ forecast }), NOW, "UTC")).toBe("runs out 12:50 – 14:00");
    const open = { ...forecast, latest_unix_ms: null };
    expect(outlook(shown({ forecast: open }), NOW, "UTC")).toBe("runs out from 12:50");
    const tomorrow = { ...forecast, at_unix_ms: NOW + 20 * HOUR, earliest_unix_ms: NOW + 19 * HOUR };
    const days = { ...tomorrow, latest_unix_ms: NOW + 21 * HOUR };
    expect(outlook(shown({ forecast: days }), NOW, "UTC")).toBe("runs out 21 Nov 07:00 – 09:00");
    expect(outlook(shown({ forecast: { ...forecast, is_before_reset: false } }), NOW, "UTC")).toBe(
      "1.3× pace",
    );
  });

  test("F032 colours have their words: used up, running ahead, low", () => {
    expect(toneOf(shown({ used_percent: 10 }), NOW)).toBe("calm");
    expect(toneOf(shown(), NOW)).toBe("ahead");
    expect(toneOf(shown({ used_percent: 81 }), NOW)).toBe("low");
    expect(outlook(shown({ used_percent: 100 }), NOW, "UTC")).toBe("used up");
  });
});

describe("the windows of the past", () => {
  const hour = (hours_ago: number, percent: number, resets_at_unix_ms: number | null) => ({
    hour_unix_ms: NOW - hours_ago * HOUR,
    samples: 1,
    min_remaining_percent: 100 - percent,
    min_used_percent: percent,
    max_used_percent: percent,
    last_used_percent: percent,
    resets_at_unix_ms,
  });

  test("A-17 are one for each reset, also where it is reported some seconds apart, without the one that runs", () => {
    const hours = [
      hour(9, 40, NOW - 5 * HOUR),
      hour(8, 61, NOW - 5 * HOUR + 2000),
      hour(4, 12, NOW),
      hour(3, 9, null),
      hour(1, 50, NOW + 5 * HOUR),
    ];
    expect(pastOf(hours, NOW + 5 * HOUR)).toEqual([
      { resets_at: NOW, highest: 12 },
      { resets_at: NOW - 5 * HOUR, highest: 61 },
    ]);
  });
});
