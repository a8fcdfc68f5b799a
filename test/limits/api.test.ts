import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Limits, type LimitWindow, StatusDocument } from "../../schema/api-limits.ts";
import type { SourceHealth } from "../../schema/rate-limits.ts";
import { NOW, startViewer, type Viewer } from "../viewer/rig.ts";
import { parseAnswer } from "../world-app.ts";
import { DAY, HOUR, health, MINUTE, sampleWriter } from "./samples.ts";

let viewer: Viewer;
let put: ReturnType<typeof sampleWriter>;
let sources: SourceHealth[] = [];

beforeEach(async () => {
  sources = [];
  viewer = await startViewer({ limits: { health: () => sources } });
  put = sampleWriter(viewer.db);
});
afterEach(() => viewer[Symbol.asyncDispose]());

async function limits(query = ""): Promise<Limits> {
  const response = await viewer.get(`/api/limits${query}`);
  const value: unknown = await response.json();
  expect(parseAnswer("GET /api/limits", value) as unknown).toEqual(value);
  return parseAnswer("GET /api/limits", value).data;
}
async function window(name: string, over: Partial<LimitWindow> = {}): Promise<LimitWindow> {
  const found = (await limits()).windows.filter(
    (w) => w.window === name && Object.entries(over).every(([k, v]) => w[k as keyof LimitWindow] === v),
  );
  expect(found).toHaveLength(1);
  return found[0]!;
}

describe("A-16 the five dials", () => {
  test("F032.A1 A-16 the dials C5, CW, S, W and O show value, pace and reset", async () => {
    for (const [source, name, minutes] of [
      ["codex", "5h", 300],
      ["codex", "weekly", 10_080],
      ["claude", "5h", 300],
      ["claude", "weekly", 10_080],
      ["claude", "weekly_opus", 10_080],
    ] as const)
      put({
        source,
        window: name,
        used_percent: 50,
        time_unix_ms: NOW - MINUTE,
        resets_at_unix_ms: NOW + 0.75 * minutes * MINUTE,
      });
    const { dials } = await limits();
    expect(dials.map((d) => d.dial)).toEqual(["C5", "CW", "S", "W", "O"]);
    for (const dial of dials) {
      expect([dial.dial, dial.state, dial.used_percent, dial.usage_ratio]).toEqual([
        dial.dial,
        "fresh",
        50,
        0.5,
      ]);
      expect(dial.pace_ratio).toBeCloseTo(2, 6);
      expect(dial.reset_seconds).toBe(0.75 * dial.window_minutes! * 60);
      expect([dial.age_seconds, dial.account]).toEqual([60, "default"]);
    }
    expect(dials.map((d) => d.origin)).toEqual([
      "rollout",
      "rollout",
      "statusline",
      "statusline",
      "statusline",
    ]);
  });

  test("F032.A2 A-16 without a reading every dial is there and every figure of it is null, not 0", async () => {
    const { dials, windows } = await limits();
    expect(windows).toEqual([]);
    expect(dials.map((d) => d.state)).toEqual(Array(5).fill("not_reported"));
    for (const { dial, title, source, window: name, state, ...figures } of dials)
      expect([dial, title, source, name, state, ...new Set(Object.values(figures))].slice(5)).toEqual([null]);
  });

  test("A-17 an old reading keeps its value, is marked stale and shows its age", async () => {
    put({
      source: "codex",
      window: "weekly",
      used_percent: 30,
      time_unix_ms: NOW - 2 * HOUR,
      resets_at_unix_ms: NOW + DAY,
    });
    expect(await window("weekly")).toMatchObject({ state: "stale", used_percent: 30, age_seconds: 7200 });
  });
});

describe("A-15 what is not known is null", () => {
  const cases: [string, number | null, number | null][] = [
    ["no resets_at", null, 300],
    ["the window starts just now", NOW + 5 * HOUR, 300],
    ["more time is left than the window is long", NOW + 6 * HOUR, 300],
  ];
  for (const [title, resets_at_unix_ms, window_minutes] of cases)
    test(`A-15 ${title}: a value, no pace`, async () => {
      put({
        source: "codex",
        window: "5h",
        used_percent: 40,
        time_unix_ms: NOW - 1000,
        resets_at_unix_ms,
        window_minutes,
      });
      expect(await window("5h")).toMatchObject({ used_percent: 40, pace_ratio: null });
    });

  test("A-15 a window without a length has a reset and no pace", async () => {
    put({
      source: "codex",
      window: "unknown",
      used_percent: 40,
      time_unix_ms: NOW - 1000,
      resets_at_unix_ms: NOW + HOUR,
    });
    expect(await window("unknown")).toMatchObject({
      used_percent: 40,
      pace_ratio: null,
      reset_seconds: 3600,
    });
  });

  test("A-15 the window of the last reading is over: nothing of it is now's", async () => {
    put({
      source: "codex",
      window: "5h",
      used_percent: 40,
      time_unix_ms: NOW - HOUR,
      resets_at_unix_ms: NOW - MINUTE,
    });
    expect(await window("5h")).toMatchObject({
      state: "ended",
      used_percent: null,
      pace_ratio: null,
      reset_seconds: null,
      forecast: null,
      last_used_percent: 40,
    });
  });
});

describe("which reading counts", () => {
  test("C-17 the newest by its own time wins, not the one that was read last", async () => {
    put({
      source: "codex",
      window: "weekly",
      used_percent: 60,
      time_unix_ms: NOW - MINUTE,
      resets_at_unix_ms: NOW + DAY,
    });
    put({
      source: "codex",
      window: "weekly",
      used_percent: 20,
      time_unix_ms: NOW - 3 * HOUR,
      resets_at_unix_ms: NOW + DAY,
    });
    expect(await window("weekly")).toMatchObject({ used_percent: 60, origin: "rollout" });
  });

  test("F032 a reading from a clock that runs ahead does not win forever", async () => {
    put({
      source: "codex",
      window: "weekly",
      used_percent: 60,
      time_unix_ms: NOW - MINUTE,
      resets_at_unix_ms: NOW + DAY,
    });
    put({
      source: "codex",
      window: "weekly",
      used_percent: 99,
      time_unix_ms: NOW + DAY,
      resets_at_unix_ms: NOW + DAY,
    });
    expect((await window("weekly")).used_percent).toBe(60);
  });

  test("F032.A3 R07 two accounts are two series, and a dial shows one of them, not their mean", async () => {
    for (const [account, used_percent] of [
      ["home", 20],
      ["work", 80],
    ] as const)
      put({
        source: "codex",
        window: "5h",
        used_percent,
        account,
        time_unix_ms: NOW - MINUTE,
        resets_at_unix_ms: NOW + HOUR,
      });
    const { windows, dials } = await limits();
    expect(windows.map((w) => [w.account, w.used_percent])).toEqual([
      ["home", 20],
      ["work", 80],
    ]);
    expect([dials[0]!.account, dials[0]!.used_percent]).toEqual(["home", 20]);
    const work = await limits("?account=work");
    expect([work.windows.length, work.dials[0]!.used_percent]).toEqual([1, 80]);
  });

  test("C-10 a second limit id is a window of its own and never takes the dial", async () => {
    put({
      source: "codex",
      window: "5h",
      used_percent: 10,
      time_unix_ms: NOW - MINUTE,
      resets_at_unix_ms: NOW + HOUR,
    });
    put({
      source: "codex",
      window: "5h",
      used_percent: 90,
      limit_id: "codex_other",
      time_unix_ms: NOW - 1000,
      resets_at_unix_ms: NOW + HOUR,
    });
    const { windows, dials } = await limits();
    expect(windows.map((w) => [w.limit_id, w.used_percent, w.dial])).toEqual([
      ["codex", 10, "C5"],
      ["codex_other", 90, null],
    ]);
    expect(dials[0]!.used_percent).toBe(10);
  });
});

describe("windows that roll over or go away", () => {
  test("R05 after a rollover the new window has its own value and the old one is closed at its last", async () => {
    const t1 = NOW - 10 * MINUTE;
    put({
      source: "codex",
      window: "5h",
      used_percent: 95,
      time_unix_ms: t1 - MINUTE,
      resets_at_unix_ms: t1,
    });
    put({
      source: "codex",
      window: "5h",
      used_percent: 2,
      time_unix_ms: NOW - MINUTE,
      resets_at_unix_ms: t1 + 5 * HOUR,
    });
    expect(await window("5h")).toMatchObject({
      state: "fresh",
      used_percent: 2,
      forecast: { kind: "not_enough_data" },
      previous: { used_percent: 95, resets_at_unix_ms: t1 },
    });
  });

  test("R06 an end that moves by a minute is the same window, which has no window before it", async () => {
    put({
      source: "codex",
      window: "5h",
      used_percent: 10,
      time_unix_ms: NOW - HOUR,
      resets_at_unix_ms: NOW + HOUR,
    });
    put({
      source: "codex",
      window: "5h",
      used_percent: 20,
      time_unix_ms: NOW - MINUTE,
      resets_at_unix_ms: NOW + HOUR + 59_000,
    });
    const now = await window("5h");
    expect([now.previous, now.forecast?.kind]).toEqual([null, "no_run_out"]);
  });

  test("R08 20 % after one hour of five runs out at the five hour mark, within a range", async () => {
    const start = NOW - HOUR;
    for (const minutes of [0, 30, 60])
      put({
        source: "claude",
        window: "5h",
        used_percent: minutes / 3,
        time_unix_ms: start + minutes * MINUTE,
        resets_at_unix_ms: start + 5 * HOUR,
      });
    const { forecast } = await window("5h");
    if (forecast?.kind !== "run_out") throw new Error(`no forecast: ${forecast?.kind}`);
    expect(Math.abs(forecast.at_unix_ms - (start + 5 * HOUR))).toBeLessThan(MINUTE);
    expect(forecast.earliest_unix_ms).toBeLessThan(forecast.at_unix_ms);
    expect(forecast.latest_unix_ms).toBeNull();
  });

  test("R08 one reading is not enough for a forecast", async () => {
    put({
      source: "claude",
      window: "5h",
      used_percent: 20,
      time_unix_ms: NOW,
      resets_at_unix_ms: NOW + HOUR,
    });
    expect((await window("5h")).forecast).toEqual({ kind: "not_enough_data" });
  });

  test("R09 a window that its source stopped reporting is neither 0 nor its last value", async () => {
    for (const ago of [20, 10])
      put({
        source: "codex",
        window: "weekly",
        used_percent: 7,
        time_unix_ms: NOW - ago * MINUTE,
        resets_at_unix_ms: NOW + DAY,
      });
    put({
      source: "codex",
      window: "5h",
      used_percent: 42,
      time_unix_ms: NOW - 20 * MINUTE,
      resets_at_unix_ms: NOW + HOUR,
    });
    const gone = await window("5h");
    expect([gone.state, gone.used_percent, gone.usage_ratio]).toEqual(["no_longer_reported", null, null]);
    expect((await limits()).dials[0]).toMatchObject({
      dial: "C5",
      state: "no_longer_reported",
      used_percent: null,
    });
    expect((await window("weekly")).used_percent).toBe(7);
  });

  test("R09 a report from elsewhere has no bearing on what this source reports", async () => {
    put({
      source: "codex",
      window: "5h",
      used_percent: 42,
      origin: "app_server",
      time_unix_ms: NOW - 5 * MINUTE,
      resets_at_unix_ms: NOW + HOUR,
    });
    put({
      source: "codex",
      window: "weekly",
      used_percent: 7,
      time_unix_ms: NOW - MINUTE,
      resets_at_unix_ms: NOW + DAY,
    });
    expect((await window("5h")).used_percent).toBe(42);
  });
});

describe("sources and slots", () => {
  test("A-22 each source shows its success rate, its last failure and how long its last success is ago", async () => {
    sources = [
      health({
        name: "codex_command",
        origin: "command",
        captures: 3,
        failures: 1,
        failures_by_class: { timeout: 1 },
        last_failure_class: "timeout",
        last_success_unix_ms: NOW - 90_000,
      }),
      health({ name: "claude_command", source: "claude", origin: "command" }),
    ];
    const [codex, claude] = (await limits()).sources;
    expect(codex).toMatchObject({
      success_ratio: 0.75,
      last_failure_class: "timeout",
      last_success_age_seconds: 90,
    });
    expect(claude).toMatchObject({ success_ratio: null, last_success_age_seconds: null });
  });

  async function status(): Promise<StatusDocument> {
    return StatusDocument.parse(await (await viewer.get("/status.json")).json());
  }

  test("C-16 status.json scores an account by what is left in its tightest window", async () => {
    put({
      source: "codex",
      window: "5h",
      used_percent: 70,
      time_unix_ms: NOW - MINUTE,
      resets_at_unix_ms: NOW + HOUR,
    });
    put({
      source: "codex",
      window: "weekly",
      used_percent: 25,
      time_unix_ms: NOW - MINUTE,
      resets_at_unix_ms: NOW + DAY,
    });
    const { accounts, ...top } = await status();
    expect(top).toEqual({
      status: "ok",
      ok: true,
      usable: true,
      depleted: false,
      score: 30,
      reason: null,
      ts_epoch: (NOW - MINUTE) / 1000,
      windows: {
        "5h": { used_percent: 70, remaining_percent: 30, resets_at_epoch: (NOW + HOUR) / 1000, stale: false },
        weekly: {
          used_percent: 25,
          remaining_percent: 75,
          resets_at_epoch: (NOW + DAY) / 1000,
          stale: false,
        },
      },
    });
    expect(accounts.map((a) => [a.source, a.account, a.score])).toEqual([["codex", "default", 30]]);
  });

  test("C-16 an account at its limit is depleted and not usable; one that fails shows why", async () => {
    put({
      source: "codex",
      window: "5h",
      used_percent: 100,
      account: "work",
      time_unix_ms: NOW - MINUTE,
      resets_at_unix_ms: NOW + HOUR,
    });
    put({
      source: "codex",
      window: "5h",
      used_percent: 10,
      account: "home",
      time_unix_ms: NOW - MINUTE,
      resets_at_unix_ms: NOW + HOUR,
    });
    sources = [
      health({ account: "home", failures: 2, consecutive_failures: 2, last_failure_class: "not_logged_in" }),
    ];
    const { accounts } = await status();
    expect(accounts.map((a) => [a.account, a.status, a.usable, a.depleted, a.score, a.reason])).toEqual([
      ["home", "error", false, false, 90, "not_logged_in"],
      ["work", "ok", false, true, 0, "depleted"],
    ]);
  });

  test("C-16 before the first reading the slot is marked so", async () => {
    expect(await status()).toMatchObject({
      status: "bootstrap",
      ok: false,
      usable: false,
      score: null,
      accounts: [],
    });
  });
});
