import { describe, expect, test } from "bun:test";
import { windowName } from "../../schema/rate-limits.ts";
import { rollout, usage } from "./codex-harness.ts";

const plain = () => rollout("p").meta("P").turn("T1", "gpt-5.5");
const limits = (primary: object, more = {}) => ({
  info: null,
  rate_limits: { limit_id: "codex", primary, secondary: null, ...more },
});

describe("rate limits", () => {
  test("X20 a window is named by its length, and an absent one is not reported", () => {
    expect([299, 300, 10_079, 10_080, 43_200, 90, null].map(windowName)).toEqual([
      "5h",
      "5h",
      "weekly",
      "weekly",
      "monthly",
      "90m",
      "unknown",
    ]);
    const batch = plain()
      .event("token_count", limits({ used_percent: 15, window_minutes: 10_080, resets_at: 1_796_000_000 }))
      .event(
        "token_count",
        limits({ used_percent: 16, limit_window_seconds: 604_800, resets_at: 1_796_000_000 }),
      )
      .parseRollout();
    expect(batch.samples).toHaveLength(2);
    expect(batch.samples[0]).toMatchObject({
      window: "weekly",
      used_percent: 15,
      resets_at_unix_ms: 1_796_000_000_000,
      limit_id: "codex",
      origin: "rollout",
    });
    expect(batch.samples[1]).toMatchObject({ window: "weekly", used_percent: 16, window_minutes: 10_080 });
  });

  test("X20 only where the length is missing, the place decides which window it is", () => {
    const batch = plain()
      .event(
        "token_count",
        limits({ used_percent: 5 }, { secondary: { used_percent: 6, window_minutes: null } }),
      )
      .parseRollout();
    expect(batch.samples.map((s) => [s.window, s.window_minutes, s.used_percent])).toEqual([
      ["5h", null, 5],
      ["weekly", null, 6],
    ]);
  });

  test("X20 families of limits are kept apart and empty ones give nothing", () => {
    const batch = plain()
      .event(
        "token_count",
        limits({ used_percent: 7, window_minutes: 300, resets_at: 1 }, { limit_id: "codex_mini" }),
      )
      .event("token_count", {
        info: null,
        rate_limits: { limit_id: "codex", primary: null, secondary: null },
      })
      .event("token_count", { info: null, rate_limits: null })
      .parseRollout();
    expect(batch.samples.map((s) => [s.limit_id, s.window])).toEqual([["codex_mini", "5h"]]);
  });

  test("F032 an unchanged reading is taken again only after some minutes", () => {
    const reported = limits({ used_percent: 7, window_minutes: 300, resets_at: 1_796_000_000 });
    const r = plain().line("token_usage_record", {
      thread_id: "P",
      response_id: "resp_1",
      usage: usage(1000),
    });
    for (let i = 0; i < 10; i++) r.event("token_count", reported, 60);
    const { samples } = r.parseRollout();
    expect(samples.map((s) => s.time_unix_ms - samples[0]!.time_unix_ms)).toEqual([0, 300_000]);
  });

  test("V6 an unchanged reading is passed over whatever its spelling, with usage records and without", () => {
    const window = { used_percent: 7, window_minutes: 300, resets_at: 1_796_000_000 };
    const turned = { resets_at: 1_796_000_000, window_minutes: 300, used_percent: 7 };
    const r = plain();
    for (const primary of [window, turned, window, { ...window, used_percent: 8 }, turned])
      r.event("token_count", limits(primary), 60);
    expect(r.parseRollout().samples.map((s) => s.used_percent)).toEqual([7, 8, 7]);
  });

  test("V6 a reading that a fork has copied from its parent hides none of its own", () => {
    const reported = limits({ used_percent: 7, window_minutes: 300, resets_at: 1_796_000_000 });
    const own = rollout("c").at("2026-11-01T11:00:00Z").meta("C", { forked_from_id: "P" }).meta("P");
    own.line("token_usage_record", { thread_id: "P", response_id: "resp_1", usage: usage(1000) }, 0);
    own.event("token_count", reported, 2).event("token_count", reported);
    const times = own.parseRollout().samples.map((s) => new Date(s.time_unix_ms).toISOString());
    expect(times).toEqual(["2026-11-01T11:00:02.000Z"]);
  });
});
