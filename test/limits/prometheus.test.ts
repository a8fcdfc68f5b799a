import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ProbeNote } from "../../collector/limits/sampler.ts";
import { METRICS } from "../../schema/metrics.ts";
import type { CreditReading, SourceHealth } from "../../schema/rate-limits.ts";
import { NOW, startViewer, type Viewer } from "../viewer/rig.ts";
import { NO_PROMTOOL, parseExposition, promtool } from "./exposition.ts";
import { DAY, HOUR, health, MINUTE, sampleWriter } from "./samples.ts";

let viewer: Viewer;
let put: ReturnType<typeof sampleWriter>;
let sources: SourceHealth[];
let credits: CreditReading[];
let probed: (note: ProbeNote) => void;

beforeEach(async () => {
  sources = [];
  credits = [];
  viewer = await startViewer({
    limits: {
      health: () => sources,
      credits: () => credits,
      onProbe: (listener) => {
        probed = listener;
      },
    },
  });
  put = sampleWriter(viewer.db);
});
afterEach(() => viewer[Symbol.asyncDispose]());

const text = async () => (await viewer.get("/metrics")).text();
const scrape = async () => parseExposition(await text());
const named = (series: Map<string, number>, name: string) =>
  [...series.keys()].filter((key) => key === name || key.startsWith(`${name}{`));

describe("the names of ccTrack", () => {
  test("F039.A1 A-13 the five windows are shown under their names as percent / 100", async () => {
    const windows = [
      ["codex", "5h", 12.5],
      ["codex", "weekly", 25],
      ["claude", "5h", 37.5],
      ["claude", "weekly", 50],
      ["claude", "weekly_opus", 101],
    ] as const;
    for (const [source, window, used_percent] of windows)
      put({ source, window, used_percent, time_unix_ms: NOW - MINUTE, resets_at_unix_ms: NOW + HOUR });
    const series = await scrape();
    const shown = ["codex", "claude"].flatMap((v) =>
      named(series, `${v}_usage_ratio`).map((k) => [k, series.get(k)]),
    );
    expect(Object.fromEntries(shown)).toEqual({
      'codex_usage_ratio{window="5h_limit"}': 0.125,
      'codex_usage_ratio{window="weekly_limit"}': 0.25,
      'claude_usage_ratio{window="session"}': 0.375,
      'claude_usage_ratio{window="weekly_all"}': 0.5,
      'claude_usage_ratio{window="weekly_opus"}': 1.01,
    });
  });

  test("A-14 half used after a quarter of the window is a pace of 2, and the reset is as far as it is", async () => {
    put({
      source: "codex",
      window: "weekly",
      used_percent: 50,
      time_unix_ms: NOW,
      resets_at_unix_ms: NOW + 5.25 * DAY,
    });
    put({
      source: "claude",
      window: "5h",
      used_percent: 50,
      time_unix_ms: NOW,
      resets_at_unix_ms: NOW + 3.75 * HOUR,
    });
    const series = await scrape();
    for (const [key, seconds] of [
      ['codex_%{window="weekly_limit"}', 5.25 * 86_400],
      ['claude_%{window="session"}', 3.75 * 3600],
    ] as const) {
      expect(Math.abs(series.get(key.replace("%", "pace_ratio"))! - 2)).toBeLessThan(1e-6);
      expect(series.get(key.replace("%", "reset_seconds"))).toBe(seconds);
    }
  });

  const unknown: [string, number | null, boolean, boolean][] = [
    ["no resets_at", null, true, false],
    ["nothing of the window elapsed", NOW + 5 * HOUR, true, true],
    ["resets_at in the past", NOW - MINUTE, false, false],
    ["more time left than the window is long", NOW + 9 * HOUR, true, false],
  ];
  for (const [title, resets_at_unix_ms, hasUsage, hasReset] of unknown)
    test(`A-15 ${title}: no pace series at all`, async () => {
      put({ source: "codex", window: "5h", used_percent: 40, time_unix_ms: NOW - MINUTE, resets_at_unix_ms });
      const series = await scrape();
      expect(named(series, "codex_pace_ratio")).toEqual([]);
      expect(named(series, "codex_reset_seconds")).toHaveLength(hasReset ? 1 : 0);
      expect(named(series, "codex_usage_ratio")).toHaveLength(hasUsage ? 1 : 0);
      expect([...series.values()].filter((value) => !Number.isFinite(value))).toEqual([]);
    });

  test("F039.A2 A-16 without a reading there is no series of a limit", async () => {
    expect([...(await scrape()).keys()].filter((key) => /^(codex|claude|hall_limit)_.*\{/.test(key))).toEqual(
      [],
    );
  });

  test("A-03 captures and failures are counted by source", async () => {
    sources = [
      health({ name: "claude_command", source: "claude", captures: 2, last_success_unix_ms: NOW - 5000 }),
      health({
        name: "codex_command",
        failures: 1,
        consecutive_failures: 1,
        failures_by_class: { missing: 1 },
      }),
    ];
    const series = await scrape();
    expect(series.get('cctrack_sampler_captures_total{source="claude"}')).toBe(2);
    expect(series.get('cctrack_sampler_captures_total{source="codex"}')).toBe(0);
    expect(series.get('cctrack_sampler_capture_failures_total{source="codex"}')).toBe(1);
    expect(series.get('cctrack_sampler_capture_failures_total{source="claude"}')).toBe(0);
    expect(named(series, "cctrack_sampler_last_capture_timestamp_seconds")).toHaveLength(1);
    expect(series.get('cctrack_sampler_last_capture_timestamp_seconds{source="claude"}')).toBe(
      (NOW - 5000) / 1000,
    );
    expect(series.get("codex_binary_missing")).toBe(1);
  });
});

describe("the names of the ameide monitor", () => {
  test("C-02 remaining, limit and reset by account and window", async () => {
    for (const [account, used] of [
      ["home", 10],
      ["work", 99.5],
    ] as const)
      for (const [window, left] of [
        ["5h", HOUR],
        ["weekly", DAY],
      ] as const)
        put({
          source: "codex",
          origin: "app_server",
          account,
          window,
          used_percent: used,
          time_unix_ms: NOW - MINUTE,
          resets_at_unix_ms: NOW + left,
        });
    const series = await scrape();
    expect(series.get('codex_rate_limit_remaining{account="home",window="5h"}')).toBe(90);
    expect(series.get('codex_rate_limit_remaining{account="work",window="weekly"}')).toBe(0.5);
    expect(series.get('codex_rate_limit_limit{account="work",window="5h"}')).toBe(100);
    expect(series.get('codex_rate_limit_reset_timestamp_seconds{account="home",window="weekly"}')).toBe(
      (NOW + DAY) / 1000,
    );
    expect(named(series, "codex_rate_limit_remaining")).toHaveLength(4);
  });

  test("C-03 a plan with a weekly window alone has no series of five hours", async () => {
    put({
      source: "codex",
      window: "weekly",
      used_percent: 40,
      time_unix_ms: NOW,
      resets_at_unix_ms: NOW + DAY,
    });
    expect(named(await scrape(), "codex_rate_limit_remaining")).toEqual([
      'codex_rate_limit_remaining{account="default",window="weekly"}',
    ]);
  });

  test("C-04 credits are their number, or absent when unlimited or not reported", async () => {
    const credit = { source: "codex", limit_id: "codex", has_credits: true, time_unix_ms: NOW } as const;
    credits = [
      { ...credit, account: "some", is_unlimited: false, balance: 12.5 },
      { ...credit, account: "endless", is_unlimited: true, balance: null },
      { ...credit, account: "none", is_unlimited: false, balance: null },
    ];
    const series = await scrape();
    expect(named(series, "codex_credits_remaining")).toEqual(['codex_credits_remaining{account="some"}']);
    expect(series.get('codex_credits_remaining{account="some"}')).toBe(12.5);
    expect(series.get('hall_credits_unlimited{source="codex",account="endless"}')).toBe(1);
    expect(series.get('hall_credits_unlimited{source="codex",account="none"}')).toBe(0);
  });

  test("C-04 an account that never bought credits has no series of them, and one that did shows 0", async () => {
    const credit = {
      source: "codex",
      limit_id: "codex",
      is_unlimited: false,
      balance: 0,
      time_unix_ms: NOW,
    } as const;
    credits = [
      { ...credit, account: "never", has_credits: false },
      { ...credit, account: "spent", has_credits: true },
    ];
    expect(named(await scrape(), "codex_credits_remaining")).toEqual([
      'codex_credits_remaining{account="spent"}',
    ]);
  });

  test("C-06 after a failure the monitor is down, its last success and last values stay, marked stale", async () => {
    put({
      source: "codex",
      origin: "app_server",
      window: "5h",
      used_percent: 40,
      time_unix_ms: NOW - HOUR,
      resets_at_unix_ms: NOW + HOUR,
    });
    const at = { captures: 4, last_success_unix_ms: NOW - HOUR, cadence_ms: 2 * HOUR };
    sources = [health({ ...at, failures: 1, consecutive_failures: 1 })];
    const failed = await scrape();
    expect(failed.get('codex_monitor_up{account="default"}')).toBe(0);
    expect(failed.get('codex_monitor_last_success_timestamp_seconds{account="default"}')).toBe(
      (NOW - HOUR) / 1000,
    );
    expect(failed.get('codex_rate_limit_remaining{account="default",window="5h"}')).toBe(60);
    expect(failed.get('hall_limit_stale{source="codex",account="default",limit="codex",window="5h"}')).toBe(
      1,
    );
    sources = [health({ ...at, captures: 5, failures: 1 })];
    expect((await scrape()).get('codex_monitor_up{account="default"}')).toBe(1);
  });

  test("C-06 a monitor that hangs is not up, whatever its last reading was", async () => {
    sources = [
      health({ captures: 1, last_success_unix_ms: NOW - HOUR, cadence_ms: MINUTE, is_running: true }),
    ];
    expect((await scrape()).get('codex_monitor_up{account="default"}')).toBe(0);
  });

  test("C-10 every limit id is shown with its label, the main one also under the plain name", async () => {
    put({
      source: "codex",
      window: "5h",
      used_percent: 10,
      time_unix_ms: NOW,
      resets_at_unix_ms: NOW + HOUR,
    });
    put({
      source: "codex",
      window: "5h",
      used_percent: 90,
      limit_id: "codex_other",
      time_unix_ms: NOW,
      resets_at_unix_ms: NOW + HOUR,
    });
    const series = await scrape();
    const key = (limit: string) =>
      `hall_limit_usage_ratio{source="codex",account="default",limit="${limit}",window="5h"}`;
    expect([series.get(key("codex")), series.get(key("codex_other"))]).toEqual([0.1, 0.9]);
    expect(series.get('codex_usage_ratio{window="5h_limit"}')).toBe(0.1);
    expect(named(series, "codex_rate_limit_remaining")).toHaveLength(1);
  });

  test("C-17 with rollouts alone the same metrics come from them, and a label names them", async () => {
    put({
      source: "codex",
      window: "5h",
      used_percent: 10.5,
      time_unix_ms: NOW - MINUTE,
      resets_at_unix_ms: NOW + HOUR,
    });
    const series = await scrape();
    expect(series.get('codex_rate_limit_remaining{account="default",window="5h"}')).toBe(89.5);
    expect(series.get('codex_monitor_up{account="default"}')).toBe(1);
    expect(series.get('codex_monitor_last_success_timestamp_seconds{account="default"}')).toBe(
      (NOW - MINUTE) / 1000,
    );
    expect(series.get('hall_limit_polled{source="codex",account="default"}')).toBe(0);
    expect(named(series, "hall_limit_sample_timestamp_seconds")).toEqual([
      'hall_limit_sample_timestamp_seconds{source="codex",account="default",limit="codex",window="5h",origin="rollout"}',
    ]);
  });

  test("C-18 how long each poll took is in a histogram, each poll once", async () => {
    const of = (source: "codex" | "claude", duration_ms: number): ProbeNote => ({
      name: `${source}_command`,
      source,
      origin: "command",
      account: "default",
      failure: null,
      duration_ms,
    });
    // Three polls between two scrapes, one of them failed, then scrapes without a poll.
    await scrape();
    probed(of("codex", 300));
    probed({ ...of("codex", 3000), failure: "timeout" });
    probed(of("codex", 400));
    probed(of("claude", 100));
    await scrape();
    const series = await scrape();
    expect(series.get('codex_monitor_poll_duration_seconds_count{account="default"}')).toBe(3);
    expect(series.get('codex_monitor_poll_duration_seconds_sum{account="default"}')).toBeCloseTo(3.7, 9);
    expect(series.get('codex_monitor_poll_duration_seconds_bucket{le="0.5",account="default"}')).toBe(2);
  });
});

test("L7 how long files take to parse, and how many sessions were indexed, are shown by source", async () => {
  await using parsing = await startViewer({
    status: () => ({
      ...viewer.deps.status(),
      pipeline: {
        ...viewer.deps.status().pipeline,
        sessions_indexed: [{ source: "codex", count: 7 }],
        parse_ms: [
          {
            source: "codex",
            buckets: [
              { le_ms: 5, count: 2 },
              { le_ms: 50, count: 3 },
            ],
            count: 4,
            sum_ms: 250,
          },
        ],
      },
    }),
  });
  const response = await (await parsing.get("/metrics")).text();
  const series = parseExposition(response);
  expect(series.get('hall_sessions_indexed{source="codex"}')).toBe(7);
  const of = (rest: string) => series.get(`hall_file_parse_duration_seconds${rest}`);
  expect([of('_bucket{le="0.005",source="codex"}'), of('_bucket{le="0.05",source="codex"}')]).toEqual([2, 3]);
  expect([of('_bucket{le="+Inf",source="codex"}'), of('_count{source="codex"}')]).toEqual([4, 4]);
  expect(of('_sum{source="codex"}')).toBe(0.25);
});

describe("the text itself", () => {
  test("P03 it has a versioned type, and HELP and TYPE of each name once", async () => {
    const response = await viewer.get("/metrics");
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const lines = (await response.text()).split("\n");
    for (const word of ["HELP", "TYPE"]) {
      const names = lines.filter((l) => l.startsWith(`# ${word} `)).map((l) => l.split(" ")[2]!);
      expect(names.toSorted()).toEqual(Object.keys(METRICS).toSorted());
    }
  });

  test("C-19 two scrapes of one state are the same text, label by label", async () => {
    put({
      source: "codex",
      window: "5h",
      used_percent: 10,
      time_unix_ms: NOW,
      resets_at_unix_ms: NOW + HOUR,
    });
    sources = [health({ captures: 1, last_duration_ms: 20, last_success_unix_ms: NOW })];
    const steady = async () => (await text()).replace(/^hall_process_resident_memory_bytes .*$/m, "");
    const first = await steady();
    expect(await steady()).toBe(first);
    for (const line of first.split("\n").filter((l) => l.includes("{") && !l.includes("_bucket{"))) {
      const name = line.slice(0, line.indexOf("{")).replace(/_(sum|count)$/, "") as keyof typeof METRICS;
      const labels = [...line.matchAll(/(\w+)="/g)].map((m) => m[1]!);
      expect([name, labels]).toEqual([name, [...METRICS[name].labels]]);
    }
  });

  test.skipIf(NO_PROMTOOL !== undefined)(
    `C-19 P03 promtool finds no fault ${NO_PROMTOOL ?? ""}`,
    async () => {
      put({
        source: "codex",
        window: "5h",
        used_percent: 10,
        limit_id: 'a"b\\c\nd',
        time_unix_ms: NOW,
        resets_at_unix_ms: NOW + HOUR,
      });
      put({
        source: "claude",
        window: "weekly",
        used_percent: 10,
        time_unix_ms: NOW,
        resets_at_unix_ms: NOW + HOUR,
      });
      sources = [health({ captures: 1, last_duration_ms: 20, last_success_unix_ms: NOW })];
      credits = [
        {
          source: "codex",
          account: "default",
          limit_id: "codex",
          has_credits: true,
          is_unlimited: false,
          balance: 1,
          time_unix_ms: NOW,
        },
      ];
      expect(await promtool(["check", "metrics"], await text())).toEqual({ code: 0, printed: "" });
    },
  );

  test("P03 quotes, backslashes and line breaks in a name cannot break a line", async () => {
    for (const model of ['a"} 1\nevil_metric 2', "b\\", "c\rd", "\n{}", "x".repeat(10_240)])
      viewer.commit((r) => {
        r.request(viewer.ids.one, { model });
        r.rollup();
      });
    put({
      source: "codex",
      window: 'w"\n{}',
      used_percent: 10,
      time_unix_ms: NOW,
      resets_at_unix_ms: NOW + HOUR,
    });
    const series = await scrape();
    expect(named(series, "evil_metric")).toEqual([]);
    expect(series.get('hall_requests_total{source="claude",model="other"}')).toBe(5);
  });
});
