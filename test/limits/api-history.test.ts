import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { LimitsHistory } from "../../schema/api-limits.ts";
import { NOW, startViewer, type Viewer } from "../viewer/rig.ts";
import { parseAnswer } from "../world-app.ts";
import { DAY, HOUR, MINUTE, sampleWriter } from "./samples.ts";

let viewer: Viewer;
let put: ReturnType<typeof sampleWriter>;

beforeEach(async () => {
  viewer = await startViewer();
  put = sampleWriter(viewer.db);
});
afterEach(() => viewer[Symbol.asyncDispose]());

async function page(query: string): Promise<{ data: LimitsHistory; next_cursor: string | null }> {
  const value: unknown = await (await viewer.get(`/api/limits/history?${query}`)).json();
  expect(parseAnswer("GET /api/limits/history", value) as unknown).toEqual(value);
  return parseAnswer("GET /api/limits/history", value);
}

const reading = (account: string, used_percent: number, ago_ms: number, window = "5h") =>
  put({
    source: "codex",
    account,
    window,
    used_percent,
    time_unix_ms: NOW - ago_ms,
    resets_at_unix_ms: NOW + HOUR,
  });

describe("C-14 history without Prometheus", () => {
  test("C-14 30 days by hour: lowest, highest and last of each account and window", async () => {
    const write = viewer.db.transaction(() => {
      for (const account of ["home", "work"])
        for (const window of ["5h", "weekly"])
          for (let hour = 0; hour < 30 * 24; hour++)
            for (const [minute, used] of [
              [5, 10],
              [25, 40],
              [55, 20],
            ] as const)
              reading(account, used + (hour % 24), 30 * DAY - hour * HOUR - minute * MINUTE, window);
    });
    write();
    const started = performance.now();
    const { data, next_cursor } = await page("source=codex");
    expect(performance.now() - started).toBeLessThan(5000);
    expect(next_cursor).toBeNull();
    expect(data.series.map((s) => `${s.account} ${s.window}`)).toEqual([
      "home 5h",
      "home weekly",
      "work 5h",
      "work weekly",
    ]);
    for (const { hours, points } of data.series) {
      expect([hours.length, points.length]).toEqual([720, 0]);
      expect(hours[25]).toEqual({
        hour_unix_ms: NOW - 30 * DAY + 25 * HOUR,
        samples: 3,
        min_used_percent: 11,
        max_used_percent: 41,
        last_used_percent: 21,
        min_remaining_percent: 59,
        resets_at_unix_ms: NOW + HOUR,
      });
    }
  });

  test("C-14 one account, one window, one day", async () => {
    reading("home", 10, 2 * DAY);
    reading("home", 20, 3 * HOUR);
    reading("home", 30, 3 * HOUR, "weekly");
    reading("work", 40, 3 * HOUR);
    const { data } = await page(`account=home&window=5h&start_time=${NOW - DAY}&end_time=${NOW}`);
    expect(data.series.map((s) => [s.account, s.window, s.hours.map((h) => h.last_used_percent)])).toEqual([
      ["home", "5h", [20]],
    ]);
  });

  test("A-17 an hour in which nothing was read is missing, not 0", async () => {
    reading("home", 10, 5 * HOUR);
    reading("home", 20, 2 * HOUR);
    const { data } = await page("");
    expect(data.series[0]!.hours.map((h) => (NOW - h.hour_unix_ms) / HOUR)).toEqual([5, 2]);
  });

  test("C-14 raw readings come in pages that lose and repeat none, while new ones arrive", async () => {
    for (let i = 0; i < 25; i++) reading(i % 2 ? "work" : "home", i, 20 * HOUR - Math.floor(i / 4) * MINUTE);
    const found: string[] = [];
    let cursor: string | null = "";
    for (let pages = 0; cursor !== null && pages < 20; pages++) {
      const { data, next_cursor } = await page(`resolution=raw&limit=7${cursor ? `&cursor=${cursor}` : ""}`);
      for (const s of data.series) {
        expect(s.hours).toEqual([]);
        found.push(...s.points.map((p) => `${s.account} ${p.used_percent} ${p.remaining_percent}`));
      }
      cursor = next_cursor;
      if (pages === 0) reading("early", 99, 20 * HOUR);
    }
    const expected = Array.from({ length: 25 }, (_, i) => `${i % 2 ? "work" : "home"} ${i} ${100 - i}`);
    expect(found.length).toBe(new Set(found).size);
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  for (const [query, name] of [
    ["resolution=day", "resolution"],
    ["start_time=soon", "start_time"],
    ["start_time=2001-01-01", "start_time"],
    ["cursor=abc&resolution=raw", "cursor"],
    ["session_id=x", "session_id"],
    ["limit=0", "limit"],
  ] as const)
    test(`F019.A1 ${query} is refused and named`, async () => {
      const response = await viewer.get(`/api/limits/history?${query}`);
      expect(response.status).toBe(400);
      expect(((await response.json()) as { detail: string }).detail).toContain(name);
    });
});
