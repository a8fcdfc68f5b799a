import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import type { Cache } from "../../schema/api-cache.ts";
import { CACHE_GROUPS } from "../../schema/groups.ts";
import { parseAnswer } from "../world-app.ts";
import { type Made, missesOf } from "./cache-recompute.ts";
import { NOW, startViewer, unpriced, type Viewer } from "./rig.ts";

let viewer: Viewer;
const MINUTE = 60_000;
/** Claude Opus 5.5 in nano-USD per token. */
const PRICE = { input: 4000, m5: 5000, h1: 8000, read: 200 };
const MODEL = "claude-opus-5-5";

beforeEach(async () => {
  viewer = await startViewer();
  viewer.db.run("delete from requests; delete from events");
});
afterEach(() => viewer[Symbol.asyncDispose]());

async function cache(query = ""): Promise<Cache> {
  viewer.rows.rollup();
  const value: unknown = await (await viewer.get(`/api/cache?${query}`)).json();
  expect(parseAnswer("GET /api/cache", value) as unknown).toEqual(value);
  return parseAnswer("GET /api/cache", value).data;
}

type Tokens = { read?: number; m5?: number; h1?: number; plain?: number };
const getCache = (
  minutes_ago: number,
  { read = 0, m5 = 0, h1 = 0, plain = 0 }: Tokens,
  over = {},
  pk = viewer.ids.one,
) =>
  viewer.rows.request(pk, {
    time_unix_ms: NOW - minutes_ago * MINUTE,
    model: MODEL,
    agent_id: "",
    cache_read_input_tokens: read,
    cache_creation_5m_input_tokens: m5,
    cache_creation_1h_input_tokens: h1,
    uncached_input_tokens: plain,
    output_tokens: 1,
    ...over,
  });

test("E06 what is saved, written and lost has its price to the nano-dollar", async () => {
  getCache(30, { m5: 50_000 });
  getCache(28, { read: 50_000, m5: 2000, plain: 3 });
  // Longer than five minutes: written again.
  getCache(20, { m5: 53_000 });
  const found = await cache();
  expect(found.total).toMatchObject({
    requests: 3,
    unpriced_requests: 0,
    misses: 1,
    missed_tokens: 52_000,
    saved_nano_usd: 50_000 * (PRICE.input - PRICE.read),
    write_nano_usd: 105_000 * (PRICE.m5 - PRICE.input),
    lost_nano_usd: 52_000 * (PRICE.m5 - PRICE.read),
  });
  expect(found.total.reasons).toEqual([
    { reason: "idle", misses: 1, missed_tokens: 52_000, lost_nano_usd: 52_000 * (PRICE.m5 - PRICE.read) },
  ]);
  expect(found.misses[0]).toMatchObject({
    session_key: "claude:abc-1",
    idle_ms: 8 * MINUTE,
    ttl_ms: 5 * MINUTE,
  });
});

test("E07 a miss has the vendor's reason, else idle, model switch, compaction or a changed prefix", async () => {
  const reasons = async (
    first: Tokens,
    second: [number, Tokens, object?],
    between: () => void = () => {},
  ) => {
    viewer.db.run("delete from requests; delete from events");
    getCache(100, first);
    between();
    getCache(100 - second[0], second[1], second[2]);
    return (await cache()).misses.map((m) => [m.reason, m.is_vendor_reason, m.missed_tokens]);
  };
  const big = { m5: 40_000 };
  expect(await reasons(big, [2, big])).toEqual([["changed_prefix", false, 40_000]]);
  expect(await reasons(big, [6, big])).toEqual([["idle", false, 40_000]]);
  // An hour where it was written for an hour.
  expect(await reasons({ h1: 40_000 }, [6, big])).toEqual([["changed_prefix", false, 40_000]]);
  expect(await reasons({ h1: 40_000 }, [61, { h1: 40_000 }])).toEqual([["idle", false, 40_000]]);
  expect(await reasons(big, [2, big, { model: "claude-sonnet-5-5" }])).toEqual([
    ["model_switch", false, 40_000],
  ]);
  const compacted = () =>
    void viewer.rows.event(viewer.ids.one, {
      event_type: "compaction_completed",
      time_unix_ms: NOW - 99 * MINUTE,
    });
  expect(await reasons(big, [2, { m5: 9000 }], compacted)).toEqual([["compaction", false, 9000]]);
  const vendor = { cache_miss_reason: "tools_changed", cache_missed_input_tokens: 1234 };
  expect(await reasons(big, [9, big, vendor])).toEqual([["tools_changed", true, 1234]]);
  expect(await reasons(big, [9, big, { ...vendor, cache_miss_reason: "unavailable" }])).toEqual([
    ["idle", false, 40_000],
  ]);
  // Nothing is missed where nothing was held, by another agent, or by rounding.
  expect(await reasons({ plain: 40_000 }, [2, big])).toEqual([]);
  expect(await reasons(big, [2, big, { agent_id: "agent-a" }])).toEqual([]);
  expect(await reasons(big, [2, { read: 39_500, m5: 600 }])).toEqual([]);
});

test("E07 what was held before the range began is known in it", async () => {
  getCache(3 * 24 * 60, { m5: 30_000 });
  getCache(60, { m5: 30_000 });
  expect((await cache(`start_time=${NOW - 120 * MINUTE}`)).misses.map((m) => m.reason)).toEqual(["idle"]);
});

test("E08 a live session's cache has the time that is left and what is at stake", async () => {
  getCache(40, { h1: 20_000 });
  getCache(10, { read: 20_000 });
  getCache(2, { m5: 7000 }, {}, viewer.ids.codex);
  getCache(9, { m5: 5000 }, {}, viewer.ids.two);
  const { live } = await cache();
  expect(live.map((c) => [c.session_key, c.held_tokens, c.left_seconds, c.stake_nano_usd])).toEqual([
    ["codex:abc-1", 7000, 180, 7000 * (PRICE.m5 - PRICE.read)],
    ["claude:abc-1", 20_000, 3000, 20_000 * (PRICE.h1 - PRICE.read)],
  ]);
  expect(live.map((c) => c.title)).toEqual([null, "Fix the basket"]);
});

test("F044.A2 E09 cache figures by any group equal a recompute from the requests", async () => {
  const tokens = fc.oneof(fc.constant(0), fc.nat(200_000));
  const happened = fc.array(
    fc.record({
      minutes: fc.integer({ min: 1, max: 6 * 24 * 60 }),
      session: fc.nat(2),
      agent: fc.nat(1),
      read: tokens,
      m5: tokens,
      h1: tokens,
      plain: tokens,
      priced: fc.nat(4),
    }),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(
      happened,
      fc.constantFrom(...CACHE_GROUPS),
      fc.integer({ min: 1, max: 3 }),
      async (all, by, limit) => {
        viewer.db.run("delete from requests");
        for (const { minutes, session, agent, priced, ...used } of all) {
          const pk = [viewer.ids.one, viewer.ids.two, viewer.ids.codex][session]!;
          const over = priced ? {} : { ...unpriced, model: "mystery-1" };
          getCache(
            minutes,
            used,
            { agent_id: agent ? "a" : "", source: session === 2 ? "codex" : "claude", ...over },
            pk,
          );
        }
        const found = await cache(`by=${by}&limit=${limit}`);
        const priced = all.filter((r) => r.priced);
        const sum = (of: (r: (typeof all)[number]) => number) =>
          priced.reduce((total, r) => total + of(r), 0);
        expect(found.total.unpriced_requests).toBe(all.length - priced.length);
        expect(found.total.saved_nano_usd).toBe(sum((r) => r.read * (PRICE.input - PRICE.read)));
        expect(found.total.write_nano_usd).toBe(
          sum((r) => r.m5 * (PRICE.m5 - PRICE.input) + r.h1 * (PRICE.h1 - PRICE.input)),
        );
        for (const name of [
          "requests",
          "saved_nano_usd",
          "write_nano_usd",
          "lost_nano_usd",
          "misses",
          "missed_tokens",
        ] as const)
          expect([...found.groups, found.others].reduce((total, g) => total + g[name], 0)).toBe(
            found.total[name],
          );
        expect(found.total.reasons.reduce((total, r) => total + r.lost_nano_usd, 0)).toBe(
          found.total.lost_nano_usd,
        );
        const whole = (await cache("limit=500")).misses;
        expect(whole.reduce((total, m) => total + (m.lost_nano_usd ?? 0), 0)).toBe(found.total.lost_nano_usd);
        for (const m of whole) {
          const row = viewer.db.query("select * from requests where seq = ?").get(m.seq) as Record<
            string,
            number
          >;
          const h1 = Math.min(m.missed_tokens, row.cache_creation_1h_input_tokens!);
          const m5 = Math.min(m.missed_tokens - h1, row.cache_creation_5m_input_tokens!);
          const plain = m.missed_tokens - h1 - m5;
          expect(plain).toBeLessThanOrEqual(row.uncached_input_tokens!);
          if (m.model === MODEL)
            expect(m.lost_nano_usd).toBe(
              h1 * PRICE.h1 + m5 * PRICE.m5 + plain * PRICE.input - m.missed_tokens * PRICE.read,
            );
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("E09 which requests missed, how many tokens and why: the same as reckoned from the definition", async () => {
  const tokens = fc.oneof(fc.constant(0), fc.nat(5000), fc.nat(200_000));
  const vendor = fc.record({
    reason: fc.constantFrom("tools_changed", "system_changed", "unavailable"),
    tokens: fc.nat(60_000),
  });
  const happened = fc.array(
    fc.record({
      minutes_ago: fc.integer({ min: 1, max: 200 }),
      session: fc.nat(2),
      agent: fc.nat(1),
      read: tokens,
      m5: tokens,
      h1: fc.oneof(fc.constant(0), tokens),
      plain: tokens,
      model: fc.constantFrom(MODEL, MODEL, "claude-sonnet-5-5"),
      vendor: fc.option(vendor, { nil: undefined, freq: 6 }),
    }),
    { maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(happened, async (all) => {
      viewer.db.run("delete from requests");
      const made = all.map(({ session, agent, ...r }): Made => {
        const pk = [viewer.ids.one, viewer.ids.two, viewer.ids.codex][session]!;
        const reported = r.vendor && {
          cache_miss_reason: r.vendor.reason,
          cache_missed_input_tokens: r.vendor.tokens,
        };
        const of = { agent_id: agent ? "a" : "", source: session === 2 ? "codex" : "claude", model: r.model };
        getCache(r.minutes_ago, r, { ...of, ...reported }, pk);
        return { ...r, thread: `${session} ${agent}`, is_codex: session === 2 };
      });
      const stored = viewer.db.query("select seq from requests order by seq").all() as { seq: number }[];
      const places = new Map(stored.map(({ seq }, place) => [seq, place]));
      const found = (await cache("limit=500")).misses.map((m) => ({
        place: places.get(m.seq)!,
        reason: m.reason,
        missed: m.missed_tokens,
        idle_minutes: m.idle_ms === null ? null : m.idle_ms / MINUTE,
      }));
      expect(found.sort((a, b) => a.place - b.place)).toEqual(missesOf(made));
    }),
    { numRuns: 80 },
  );
});
