import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import type { AttributedWindow } from "../../schema/api-why.ts";
import { LIMIT_CAUSES } from "../../schema/limit-causes.ts";
import { shareOut, stepsOf } from "../../store/queries/limit-attribution.ts";
import { HOUR, MINUTE, sampleWriter } from "../limits/samples.ts";
import { parseAnswer } from "../world-app.ts";
import { NOW, startViewer, unpriced, type Viewer } from "./rig.ts";

let viewer: Viewer;
let put: ReturnType<typeof sampleWriter>;
const USD = 1_000_000_000;
const RESET = NOW + HOUR;

beforeEach(async () => {
  viewer = await startViewer();
  put = sampleWriter(viewer.db);
});
afterEach(() => viewer[Symbol.asyncDispose]());

async function windows(query = ""): Promise<AttributedWindow[]> {
  const value: unknown = await (await viewer.get(`/api/limits/attribution?${query}`)).json();
  expect(parseAnswer("GET /api/limits/attribution", value) as unknown).toEqual(value);
  return parseAnswer("GET /api/limits/attribution", value).data.windows;
}

const read = (used_percent: number, minutes_ago: number, over: object = {}) =>
  put({
    source: "claude",
    window: "5h",
    used_percent,
    time_unix_ms: NOW - minutes_ago * MINUTE,
    resets_at_unix_ms: RESET,
    ...over,
  });
const addRequest = (pk: number, minutes_ago: number, cost_nano_usd: number, over = {}) =>
  viewer.rows.request(pk, { time_unix_ms: NOW - minutes_ago * MINUTE, cost_nano_usd, ...over });

const sumOf = (w: AttributedWindow) =>
  [...w.shares, w.others, ...w.unattributed].reduce((sum, s) => sum + s.used_micro_percent, 0);

test("E01 a rise is put down to what ended since the rise before, by list price", async () => {
  const { one, two } = viewer.ids;
  read(2, 120);
  addRequest(one, 110, 3 * USD, { model: "claude-opus-5", skill: "review" });
  addRequest(two, 100, USD);
  // A reading of the same value is no news: what is used is rounded.
  read(2, 90);
  addRequest(two, 80, 4 * USD, { agent_id: "agent-b" });
  read(10, 60);
  const [five] = await windows("source=claude");
  expect(five).toMatchObject({ window: "5h", used_micro_percent: 10_000_000, readings: 3, is_binding: true });
  expect(five!.shares.map((s) => [s.key, s.label, s.used_micro_percent, s.requests])).toEqual([
    ["claude:def-2", null, 5_000_000, 2],
    ["claude:abc-1", "Fix the basket", 3_000_000, 1],
  ]);
  expect(five!.unattributed).toEqual([{ reason: "no_requests", used_micro_percent: 2_000_000 }]);
  const by = async (cause: string) =>
    (await windows(`source=claude&by=${cause}`))[0]!.shares.map((s) => [s.key, s.used_micro_percent]);
  expect(await by("skill")).toEqual([
    ["", 5_000_000],
    ["review", 3_000_000],
  ]);
  expect(await by("agent")).toEqual([
    ["", 4_000_000],
    ["claude:def-2/agent-b", 4_000_000],
  ]);
  expect((await by("project")).map(([key]) => key)).toEqual(["/work/blog", "/home/dev/shop"]);
});

test("E01 a share of a prompt has its beginning, one of a session the line that lists show", async () => {
  const prompt = "Paint the shelf ".repeat(20);
  const lines = viewer.rows.session("lines", { title: "Fix\n  the shelf" });
  viewer.rows.turn(lines, "p1", { prompt });
  read(2, 120);
  addRequest(lines, 70, 8 * USD, { prompt_id: "p1" });
  addRequest(lines, 70, USD, { prompt_id: null });
  read(10, 60);
  const by = async (cause: string) =>
    (await windows(`source=claude&by=${cause}`))[0]!.shares.map((s) => [s.key, s.label]);
  expect(await by("prompt")).toEqual([
    ["claude:lines/p1", prompt.slice(0, 100)],
    ["", null],
  ]);
  expect(await by("session")).toEqual([["claude:lines", "Fix"]]);
});

test("E01 an older reading that comes late takes nothing back", async () => {
  addRequest(viewer.ids.one, 50, USD);
  read(30, 40);
  read(28, 39);
  read(30, 38);
  read(31, 30);
  const [five] = await windows("source=claude");
  expect([five!.used_micro_percent, five!.attributed_micro_percent]).toEqual([31_000_000, 30_000_000]);
});

test("E02 what cannot be put down to anything has its reason", async () => {
  addRequest(viewer.ids.one, 50, 0, { ...unpriced, model: "mystery-1" });
  read(10, 40);
  read(14, 30);
  put({
    source: "codex",
    window: "5h",
    limit_id: "codex_other",
    used_percent: 7,
    time_unix_ms: NOW - MINUTE,
    resets_at_unix_ms: RESET,
  });
  const all = await windows();
  expect(all.map((w) => [w.source, w.unattributed])).toEqual([
    [
      "claude",
      [
        { reason: "no_price", used_micro_percent: 10_000_000 },
        { reason: "no_requests", used_micro_percent: 4_000_000 },
      ],
    ],
    ["codex", [{ reason: "models_unknown", used_micro_percent: 7_000_000 }]],
  ]);
});

test("E03 the window that runs out first comes first, also where another is fuller", async () => {
  read(20, 60);
  read(80, 1);
  read(89, 60, { window: "weekly", resets_at_unix_ms: NOW + 100 * HOUR });
  read(90, 1, { window: "weekly", resets_at_unix_ms: NOW + 100 * HOUR });
  expect((await windows("source=claude")).map((w) => [w.window, w.is_binding])).toEqual([
    ["5h", true],
    ["weekly", false],
  ]);
  // Asked for alone, it is still not the binding one.
  expect((await windows("window=weekly"))[0]!.is_binding).toBe(false);
});

test("E04 a window of some models is put down to requests of those", async () => {
  addRequest(viewer.ids.one, 20, USD, { model: "claude-opus-5" });
  addRequest(viewer.ids.two, 19, 9 * USD, { model: "claude-haiku-5" });
  read(8, 10, { window: "weekly_opus", resets_at_unix_ms: NOW + 100 * HOUR });
  const [opus] = await windows("window=weekly_opus&by=model");
  expect(opus!.shares.map((s) => [s.key, s.used_micro_percent])).toEqual([["claude-opus-5", 8_000_000]]);
});

test("F044.A1 E05 shares, the rest and what is unknown add up to the window's movement, by whatever it is split", async () => {
  const happened = fc.array(
    fc.record({
      minutes: fc.integer({ min: 1, max: 239 }),
      used: fc.option(fc.double({ min: 0, max: 130, noNaN: true })),
      cost: fc.option(fc.nat(5 * USD)),
      session: fc.nat(1),
      model: fc.constantFrom("claude-opus-5", "claude-haiku-5"),
    }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(
      happened,
      fc.constantFrom(...LIMIT_CAUSES),
      fc.integer({ min: 1, max: 3 }),
      async (all, by, limit) => {
        viewer.db.run("delete from rate_limit_samples; delete from requests");
        for (const { minutes, used, cost, session, model } of all) {
          if (used !== null) read(used, minutes);
          const pk = session ? viewer.ids.one : viewer.ids.two;
          addRequest(pk, minutes, cost ?? 0, cost === null ? { ...unpriced, model } : { model });
        }
        const found = await windows(`source=claude&by=${by}&limit=${limit}`);
        const readings = all.flatMap((a) => (a.used === null ? [] : [Math.round(a.used * 1e6)]));
        for (const w of found) {
          expect(w.used_micro_percent).toBe(Math.max(0, ...readings));
          expect(sumOf(w)).toBe(w.used_micro_percent);
        }
        expect(found.length).toBe(readings.length > 0 ? 1 : 0);
      },
    ),
    { numRuns: 60 },
  );
});

test("E05 a step is divided into whole parts that add up, however large or many the costs are", () => {
  const costs = fc.array(fc.option(fc.nat(2 ** 31 - 1)), { maxLength: 50 });
  fc.assert(
    fc.property(costs, fc.integer({ min: 1, max: 2 ** 40 }), (list, used_micro_percent) => {
      const step = { from_unix_ms: 0, until_unix_ms: 1, used_micro_percent };
      const requests = list.map((cost) => ({
        time_unix_ms: 1,
        cost_nano_usd: cost === null ? null : cost * 1e6,
      }));
      const parts = shareOut(step, requests);
      if (!parts) return expect(list.every((c) => !c)).toBe(true);
      expect(parts.reduce((a, b) => a + b, 0)).toBe(used_micro_percent);
      const total = list.reduce((sum: number, c) => sum + (c ?? 0), 0);
      for (const [i, part] of parts.entries())
        expect(Math.abs(part - (used_micro_percent * (list[i] ?? 0)) / total)).toBeLessThanOrEqual(1.001);
    }),
  );
});

test("E05 the rises of a window add up to its highest reading", () => {
  const used = fc.array(fc.double({ min: 0, max: 150, noNaN: true }));
  fc.assert(
    fc.property(used, (list) => {
      const readings = list.map((used_percent, i) => ({
        used_percent,
        resets_at_unix_ms: 1e6,
        window_minutes: 300,
        time_unix_ms: i,
      }));
      const moved = stepsOf(readings, 0).reduce((sum, s) => sum + s.used_micro_percent, 0);
      expect(moved).toBe(Math.max(0, ...list.map((u) => Math.round(u * 1e6))));
    }),
  );
});
