import { describe, expect, test } from "bun:test";
import { crc32 } from "node:zlib";
import { readUsageEvent } from "../../collector/limits/usage-event.ts";
import { readLog } from "../../collector/otlp/logs.ts";
import {
  fromOAuthUsage,
  fromRateLimitEvent,
  fromStatusline,
  oddWindows,
} from "../../collector/sources/claude/rate-limits.ts";
import { toLine } from "../../hooks/statusline.ts";
import { isPercent, isTokenCount, readTime, timeGate, toReset } from "../../schema/gate.ts";
import { spoolHeader } from "../../schema/names.ts";
import { uncertainNotes } from "../../schema/uncertain.ts";
import { MIGRATIONS } from "../../store/migrations.ts";
import { limitQueries } from "../../store/queries/limits.ts";
import { verify } from "../../store/verify.ts";
import { assistant, createWorld, jsonl, totals, transcript } from "../world.ts";
import { openCase, totalsOf } from "./case.ts";

const NOW = Date.UTC(2026, 10, 27);
const of = { origin: "statusline", account: "default", session_id: "", time_unix_ms: NOW } as const;

describe("percentages", () => {
  test("CASE10 a time, a count or nonsense is no percentage; a little over 100 is one", () => {
    for (const value of [0, 12, 100, 103.4, 199]) expect([value, isPercent(value)]).toEqual([value, true]);
    for (const value of [-1, 300, 10_080, 1_795_772_078, Number.NaN, Infinity, "12", null])
      expect([value, isPercent(value)]).toEqual([value, false]);
  });

  test("CASE10 no shape in which a vendor reports limits lets it through, and its neighbours pass", () => {
    const odd = 1_795_772_078;
    const windows = (field: string, factor = 1) => ({
      five_hour: { [field]: odd, resets_at: odd },
      seven_day: { [field]: 30 / factor, resets_at: odd },
    });
    const seen = (samples: { window: string; used_percent: number }[]) =>
      samples.map((s) => [s.window, s.used_percent]);
    expect(seen(fromStatusline(windows("used_percentage"), of))).toEqual([["weekly", 30]]);
    expect(seen(fromOAuthUsage(windows("utilization"), of))).toEqual([["weekly", 30]]);
    expect(seen(fromRateLimitEvent({ unifiedWindows: windows("utilization", 100) }, of))).toEqual([
      ["weekly", 30],
    ]);
    expect(oddWindows(windows("used_percentage"))).toEqual(["five_hour.used_percentage"]);
    const event = readUsageEvent({
      source_tool: "codex",
      timestamp: "2026-11-27T00:00:00Z",
      windows: { primary: { used_percent: odd }, weekly: { used_percent: 30, window_minutes: 1e12 } },
    });
    expect(event?.windows.map((w) => [w.used_percent, w.window_minutes])).toEqual([[30, 10_080]]);
  });

  test("CASE10 Codex's limits are judged alike; the line is rejected for its figure and used for the rest", async () => {
    const world = createWorld();
    const at = "2026-11-01T10:00:00.000Z";
    const line = (type: string, payload: object) => ({ timestamp: at, type, payload });
    const limits = {
      primary: { used_percent: 1_795_772_078, window_minutes: 300 },
      secondary: { used_percent: 7, window_minutes: 10_080, resets_at: 12 },
    };
    const count = {
      input_tokens: 1000,
      cached_input_tokens: 0,
      output_tokens: 10,
      reasoning_output_tokens: 0,
      total_tokens: 1010,
    };
    world.write(
      ".codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-01a30000-0000-7000-8000-0000000000aa.jsonl",
      jsonl(
        line("session_meta", { id: "01a30000-0000-7000-8000-0000000000aa", cwd: "/w/app" }),
        line("turn_context", { turn_id: "t1", model: "gpt-6-sol" }),
        line("event_msg", {
          type: "token_count",
          info: { total_token_usage: count, last_token_usage: count },
          rate_limits: limits,
        }),
      ),
    );
    await world.read();
    expect(world.all("select window, used_percent, resets_at_unix_ms from rate_limit_samples")).toEqual([
      { window: "weekly", used_percent: 7, resets_at_unix_ms: null },
    ]);
    expect(world.all("select reason, detail from rejects")).toEqual([
      { reason: "implausible", detail: "primary.used_percent cannot be a percentage" },
    ]);
    expect(totalsOf(world).slice(0, 4)).toEqual([1, 1000, 0, 10]);
    world.close();
  });

  test("CASE10 the status line leaves it out, and a reading that was stored earlier is no limit", () => {
    const status = {
      rate_limits: {
        five_hour: { used_percentage: NOW / 1000, resets_at: NOW / 1000 },
        seven_day: { used_percentage: 30 },
      },
    };
    expect(toLine(status, NOW)).toBe("weekly 30 %");
    const world = createWorld();
    world.db.run(`insert into rate_limit_samples (sample_id, source, origin, account, limit_id, window, window_minutes,
      used_percent, resets_at_unix_ms, time_unix_ms, session_id) values
      ('a', 'claude', 'statusline', 'default', 'claude', '5h', 300, 12, null, ${NOW - 1000}, ''),
      ('b', 'claude', 'statusline', 'default', 'claude', '5h', 300, 1795772078, null, ${NOW}, '')`);
    expect(
      limitQueries(world.db)
        .latest(NOW)
        .map((row) => row.used_percent),
    ).toEqual([12]);
    world.close();
  });
});

describe("counts", () => {
  test("EC011 CASE25 what no answer can have is 0 and flagged, is in no sum, and verify passes", async () => {
    const world = openCase("25");
    await world.read();
    expect(totalsOf(world)).toEqual([6, 2, 0, 25_241, 504_828_000]);
    expect(world.one("select sum(implausible_requests) as n from usage_totals")).toEqual({ n: 5 });
    expect((await verify(world.db, world.config.data_dir)).rollup_differences).toBe(0);
    world.close();
  });

  test("CASE25 every field is judged by itself, in the fast path as in the plain one", async () => {
    expect([0, 1, 1e8].every(isTokenCount)).toBe(true);
    expect(
      [1e8 + 1, 675_947_905, 2 ** 32 - 1, 2 ** 53 - 1, 1e21, -1, 1.5, "1", null].some(isTokenCount),
    ).toBe(false);
    const usage = {
      input_tokens: 7,
      cache_creation_input_tokens: 4_294_967_295,
      cache_creation: { ephemeral_5m_input_tokens: 4_294_967_295, ephemeral_1h_input_tokens: 3 },
      cache_read_input_tokens: 675_947_905,
      output_tokens: 11,
      server_tool_use: { web_search_requests: 4_294_967_295 },
    };
    for (const spaced of [false, true]) {
      const world = createWorld();
      const line = assistant({ usage, costUSD: 1e300 });
      world.write(
        transcript("S1"),
        spaced ? `${JSON.stringify(line, null, 1).replaceAll("\n", " ")}\n` : jsonl(line),
      );
      await world.read();
      expect(totals(world)).toMatchObject({ uncached: 7, m5: 0, h1: 3, cached: 0, output: 11, searches: 0 });
      expect(world.one("select flags & 512 as bad, recorded_cost_nano_usd from requests")).toEqual({
        bad: 512,
        recorded_cost_nano_usd: null,
      });
      world.close();
    }
  });

  test("CASE25 a total of Codex that cannot be does not swallow or invent what comes after it", async () => {
    const world = createWorld();
    const thread = "01a30000-0000-7000-8000-0000000000ab";
    const line = (type: string, payload: object) => ({
      timestamp: "2026-11-01T10:00:00.000Z",
      type,
      payload,
    });
    const u = (n: number) => ({
      input_tokens: n,
      cached_input_tokens: 0,
      output_tokens: 0,
      reasoning_output_tokens: 0,
      total_tokens: n,
    });
    const count = (total: number, last: number) =>
      line("event_msg", {
        type: "token_count",
        info: { total_token_usage: u(total), last_token_usage: u(last) },
        rate_limits: null,
      });
    world.write(
      `.codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-${thread}.jsonl`,
      jsonl(
        line("session_meta", { id: thread, cwd: "/w/app" }),
        line("turn_context", { turn_id: "t1", model: "gpt-6-sol" }),
        count(1000, 1000),
        count(2 ** 53 - 1, 500),
        count(1700, 200),
        count(2700, 675_947_905),
      ),
    );
    await world.read();
    expect(
      world
        .all<{ n: number }>("select uncached_input_tokens as n from requests order by seq")
        .map((r) => r.n),
    ).toEqual([1000, 500, 200, 1000]);
    world.close();
  });

  test("CASE25 rows that were stored before the gate are mended by the next version of the schema", async () => {
    const world = openCase("25");
    await world.read();
    const { data_dir } = world.config;
    world.db.run("update requests set output_tokens = 9007199254740991, flags = 0 where output_tokens = 10");
    expect((await verify(world.db, data_dir)).rollup_differences).toBeGreaterThan(0);
    world.db.run(MIGRATIONS[5]!.replace(/alter table[^;]*;/g, ""));
    // A table of a later version is filled from the mended rows, as an upgrade fills it.
    const turns = MIGRATIONS.flatMap((step) => step.match(/insert into turn_rollup[^;]*;/) ?? []);
    world.db.run(`delete from turn_rollup; ${turns.join("")}`);
    expect((await verify(world.db, data_dir)).rollup_differences).toBe(0);
    expect(world.one("select max(output_tokens) as most from requests")).toEqual({ most: 24_231 });
    world.close();
  });
});

test("CASE25 telemetry passes the same gate", () => {
  const call = (tokens: number) =>
    readLog(
      {
        timeUnixNano: String(NOW * 1e6),
        attributes: [
          { key: "event.name", value: { stringValue: "api_request" } },
          { key: "session.id", value: { stringValue: "S1" } },
          { key: "output_tokens", value: { intValue: tokens } },
        ],
      },
      "claude",
    );
  expect([call(10).ok, call(675_947_905).ok]).toEqual([true, false]);
});

describe("times", () => {
  test("CASE20 a moment is understood in every unit, and no other era is one", () => {
    const noon = Date.UTC(2026, 10, 1, 10);
    for (const value of [
      noon,
      noon / 1000,
      noon * 1000,
      noon * 1e6,
      String(noon / 1000),
      "2026-11-01T10:00:00",
      "2026-11-01 10:00",
      "2026-11-01T19:00:00+09:00",
    ])
      expect([value, readTime(value)]).toEqual([value, noon]);
    const gate = timeGate(NOW, NOW);
    for (const value of [
      0,
      "0001-01-01T00:00:00Z",
      "2199-01-01T00:00:00Z",
      "not a time",
      null,
      undefined,
      {},
      Number.NaN,
      "2019-12-31T23:59:59Z",
    ])
      expect([value, gate.pass(readTime(value))]).toEqual([value, undefined]);
    expect(gate.pass(NOW + 3_600_000)).toBe(NOW + 3_600_000);
    expect(toReset(12_000, NOW)).toBeNull();
    expect(toReset(NOW * 1000, NOW)).toBeNull();
    // A clock that fell back to 1970 does not make today the future.
    expect(timeGate(NOW, 1000).pass(NOW)).toBe(NOW);
    expect(timeGate(0, NOW).file_unix_ms).toBe(NOW);
  });

  test("CASE20 every line counts, on a day of its neighbours or of its file", async () => {
    const world = openCase("20");
    await world.read();
    expect(totalsOf(world).slice(0, 4)).toEqual([11, 11, 0, 12_443]);
    const days = world.all<{ day: string }>(
      "select distinct date(time_unix_ms / 1000, 'unixepoch') as day from requests order by 1",
    );
    const today = new Date().toISOString().slice(0, 10);
    expect(days.slice(0, 3).map((d) => d.day)).toEqual(["2026-11-01", "2026-11-02", "2026-11-03"]);
    for (const { day } of days) expect(day <= today || day.startsWith("2026-11")).toBe(true);
    expect(
      world.one(
        "select datetime(time_unix_ms / 1000, 'unixepoch') as at from requests where output_tokens = 1000",
      ),
    ).toEqual({ at: "2026-11-01 10:00:00" });
    expect(world.one("select count(*) as n from sessions where last_unix_ms is null")).toEqual({ n: 0 });
    expect(world.one("select sum(implausible_requests) as n from usage_totals")).toEqual({ n: 5 });
    world.close();
  });

  test("CASE20 a hook's record from a wrong clock is of the time of its segment", async () => {
    const world = createWorld();
    const body = JSON.stringify({ hook_event_name: "Stop", session_id: "S1" });
    const header = spoolHeader("hook/1", "e1", 7_226_582_400_000, Buffer.byteLength(body));
    const sum = crc32(body, crc32(`${header}\n`))
      .toString(16)
      .padStart(8, "0");
    const record = `hook/1 e1 7226582400000 ${sum} ${Buffer.byteLength(body)} ${body}\n`;
    world.write(".local/share/hall-monitor/spool/202611011000.log", record);
    await world.read();
    const [event] = world.all<{ time_unix_ms: number }>("select time_unix_ms from events");
    expect(Math.abs(event!.time_unix_ms - Date.now())).toBeLessThan(60_000);
    world.close();
  });
});

test("CASE31 what is uncertain is a sentence in reports, and nothing where all is certain", async () => {
  const world = openCase("31");
  await world.read();
  expect(totalsOf(world)).toEqual([6, 30, 0, 405, 8_220_000]);
  const sums = world.one<{
    provisional_requests: number;
    implausible_requests: number;
    inferred_id_requests: number;
  }>(
    "select sum(provisional_requests) as provisional_requests, sum(implausible_requests) as implausible_requests, sum(inferred_id_requests) as inferred_id_requests from usage_totals",
  );
  expect(uncertainNotes(sums)).toEqual(["5 requests without final usage: the output is a lower bound"]);
  expect(
    uncertainNotes({ provisional_requests: 0, implausible_requests: 0, inferred_id_requests: 0 }),
  ).toEqual([]);
  world.close();
});
