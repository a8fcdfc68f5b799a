import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Waste } from "../../schema/api-waste.ts";
import { createWorld, type World } from "../world.ts";
import { createWorldApp } from "../world-app.ts";
import { BEGIN, failing, keyOf, NOTHING, type StoryRequest, type StoryThread, write } from "./story.ts";

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Claude Opus 4.1 and Sonnet 4.6 in nano-USD per token. */
const OPUS = { plain: 15_000, m5: 18_750, h1: 30_000, read: 1500, out: 75_000 };
const SONNET = { plain: 3000, m5: 3750, h1: 6000, read: 300, out: 15_000 };

const request = (over: Partial<StoryRequest>): StoryRequest => ({ ...NOTHING, ...over });
const costOf = (r: StoryRequest, price: typeof OPUS) =>
  r.plain * price.plain + r.m5 * price.m5 + r.h1 * price.h1 + r.read * price.read + r.out * price.out;

async function waste(threads: StoryThread[], query = "", now = BEGIN + 3 * DAY): Promise<Waste> {
  for (const thread of threads) write(world, thread);
  await world.read();
  await world.pipeline.collector.drainTexts();
  return createWorldApp(world, { now }).json("GET /api/waste", `/api/waste?${query}`);
}

test("W01 a call that fails three times in a turn costs the requests that asked for it again", async () => {
  const again = { m5: 4000, out: 500, calls: [failing("npm test")] };
  const requests = [
    request({ ...again, out: 900 }),
    request({ read: 5000, calls: [failing("src/a.ts", { tool: "Read", fails: false })], out: 100 }),
    request({ ...again, read: 6000 }),
    request({ ...again, read: 7000 }),
    request({ read: 20_000, out: 3000 }),
  ];
  const found = await waste([{ session: "S1", requests }]);
  const nano_usd = [1, 2, 3].reduce((sum, i) => sum + costOf(requests[i]!, OPUS), 0);
  expect(found.findings).toMatchObject([
    {
      kind: "repeated_failures",
      what: "Bash: npm test",
      project: "/w/app",
      nano_usd,
      counted_nano_usd: nano_usd,
      before_nano_usd: 0,
      occurrences: 1,
      sessions: 1,
      requests: 3,
    },
  ]);
  const [proof] = found.findings[0]!.evidence;
  const thread = { session: "S1", requests };
  expect(proof).toMatchObject({ session_key: "claude:S1", agent_id: "", requests: 3 });
  expect(proof!.request_keys).toEqual([1, 2, 3].map((i) => keyOf(thread, i)));
  expect(proof!.tool_calls.map((c) => c.tool_use_id)).toEqual([
    "toolu_S1_0_0",
    "toolu_S1_2_0",
    "toolu_S1_3_0",
  ]);
  expect(found.total_nano_usd).toBe(nano_usd);
});

test("W01 it is no loop with two failures, over two turns, another argument, or after something was changed", async () => {
  const again = { m5: 4000, out: 500, calls: [failing("npm test")] };
  const edit = { m5: 4000, out: 500, calls: [failing("a.ts", { tool: "Edit", fails: false })] };
  const loops = async (session: string, requests: StoryRequest[]) =>
    (await waste([{ session, requests }], `session_id=${session}&kind=repeated_failures`)).findings.length;
  expect(await loops("A", [request(again), request(again)])).toBe(0);
  expect(await loops("B", [request(again), request(again), request({ ...again, turn: 2 })])).toBe(0);
  expect(await loops("C", [request(again), request(again), request(edit), request(again)])).toBe(0);
  const other = { ...again, calls: [failing("npm run test")] };
  expect(await loops("D", [request(again), request(again), request(other)])).toBe(0);
  // Two calls that fail in turns are two loops.
  expect(await loops("E", [again, other, again, other, again, other].map(request))).toBe(2);
});

test("W02 a request that is sent again with the same input was paid for twice", async () => {
  const first = request({ read: 50_000, m5: 300, plain: 7, out: 800 });
  const requests = [
    first,
    request({ ...first, out: 900 }),
    request({ read: 50_300, m5: 907, plain: 7, out: 1 }),
  ];
  const found = await waste([{ session: "S1", requests }]);
  expect(found.findings).toMatchObject([
    { kind: "retries", what: "claude-opus-4-1", nano_usd: costOf(first, OPUS), requests: 1 },
  ]);
  expect(found.findings[0]!.evidence[0]!.request_keys).toEqual([keyOf({ session: "S1", requests }, 0)]);
  const late = { ...first, wait_ms: 11 * 60_000 };
  const called = { ...first, calls: [failing("ls", { fails: false })] };
  for (const [session, second] of Object.entries({
    A: late,
    B: { ...first, turn: 2 },
    C: { ...first, m5: 301 },
    D: { ...first, model: "claude-sonnet-4-6" },
  }))
    expect((await waste([{ session, requests: [first, second] }], `session_id=${session}`)).findings).toEqual(
      [],
    );
  const calls = [{ session: "E", requests: [called, first] }];
  expect((await waste(calls, "session_id=E")).findings).toEqual([]);
});

/** A result of 30,000 tokens at the third request, and `reads` that hold it. */
function withLargeResult(reads: number, chars = 90_000): StoryRequest[] {
  const call = failing("build.log", { tool: "Read", fails: false, chars });
  return [
    request({ m5: 20_000, out: 1000, calls: [call] }),
    request({ read: 20_000, m5: 31_000, out: 500 }),
    ...Array.from({ length: reads }, (_, i) =>
      request({ read: 51_000 + 500 * i, m5: 500, out: 0, plain: 500 }),
    ),
  ];
}

test("W03 a large result costs each later request that reads it from the cache", async () => {
  const found = await waste([{ session: "S1", requests: withLargeResult(12) }]);
  const nano_usd = 12 * 30_000 * OPUS.read;
  expect(found.findings).toMatchObject([
    { kind: "large_results", what: "Read: build.log", nano_usd, requests: 12, occurrences: 1 },
  ]);
  expect(found.findings[0]!.evidence[0]).toMatchObject({
    tokens: 30_000,
    tool_calls: [{ tool_use_id: "toolu_S1_0_0", tool_name: "Read", summary: "build.log" }],
  });
});

test("W03 what was read fewer than ten times, came from no tool, or is gone, is not counted", async () => {
  const found = async (session: string, requests: StoryRequest[]) =>
    (await waste([{ session, requests }], `session_id=${session}&kind=large_results`)).findings.map(
      (f) => f.nano_usd,
    );
  expect(await found("A", withLargeResult(9))).toEqual([]);
  expect(
    await found(
      "B",
      withLargeResult(12).map((r) => ({ ...r, calls: [] })),
    ),
  ).toEqual([]);
  // What the tool answered has fewer characters than the prompt grew by tokens.
  expect(await found("C", withLargeResult(12, 9000))).toEqual([]);
  expect(await found("D", withLargeResult(12, 12_000))).toEqual([12 * 12_000 * OPUS.read]);
  const [first, ...rest] = withLargeResult(12);
  expect(await found("E", [first!, ...rest.map((r) => ({ ...r, turn: 2 }))])).toEqual([]);
  // After a compaction it is read by none.
  const compacted = [
    ...withLargeResult(11),
    request({ read: 9000, m5: 9000 }),
    ...withLargeResult(11).slice(2),
  ];
  expect(await found("F", compacted)).toEqual([11 * 30_000 * OPUS.read]);
});

test("W03 a result that the prompt still holds is paid for again when the same call brings it", async () => {
  const call = failing("src/a.ts", { tool: "Read", fails: false, chars: 60_000 });
  const requests = [
    request({ m5: 20_000, out: 1000, calls: [call] }),
    request({ read: 20_000, m5: 21_000, out: 500, calls: [call] }),
    request({ read: 41_000, m5: 20_000, plain: 500, out: 500, calls: [call] }),
    // After a compaction it is not there any more.
    request({ m5: 10_000, out: 500, calls: [call] }),
    request({ read: 10_000, m5: 20_500, out: 500 }),
  ];
  const found = await waste([{ session: "S1", requests }]);
  // 20,000 tokens, of which 500 were paid in full and the others written.
  const nano_usd = 500 * OPUS.plain + 19_500 * OPUS.m5;
  expect(found.findings).toMatchObject([
    { kind: "large_results", what: "Read: src/a.ts", nano_usd, requests: 1, evidence: [{ tokens: 20_000 }] },
  ]);
});

test("W04 near the limit each request pays for what a compaction would have taken out, less its price", async () => {
  // Opus 4.1 holds 200,000 tokens: 160,000 are near, 100,000 are left.
  const sizes = [150_000, 161_000, 162_000, 163_000, 164_000, 165_000, 166_000, 167_000, 168_000, 169_000];
  const many = [...sizes, ...Array.from({ length: 40 }, () => 170_000)];
  const requests = many.map((size, i) => request({ read: size - 1000, m5: 900, plain: 100, turn: i }));
  const found = await waste([{ session: "S1", requests }]);
  const near = many.slice(1);
  const paid = near.reduce((sum, size) => sum + (size - 100_000) * OPUS.read, 0);
  const compaction = 161_000 * OPUS.read + 100_000 * OPUS.m5;
  expect(found.findings).toMatchObject([
    { kind: "near_limit", what: "claude-opus-4-1", nano_usd: paid - compaction, requests: near.length },
  ]);
  expect(found.findings[0]!.evidence[0]!.tokens).toBe(70_000);
  expect(found.kinds.find((k) => k.kind === "near_limit")).toMatchObject({ nano_usd: paid - compaction });
  // A short stretch is cheaper than a compaction.
  const few = { session: "A", requests: requests.slice(0, 9) };
  expect((await waste([few], "session_id=A")).findings).toEqual([]);
});

test("W05 of a cache entry of an hour that nothing reads, the premium over plain input is lost", async () => {
  const requests = [
    request({ h1: 40_000, out: 10 }),
    // Reads 25,000 of it; 15,000 are never read, and nothing of its own 30,000.
    request({ read: 25_000, h1: 30_000, turn: 2 }),
    request({ plain: 100, turn: 3, wait_ms: 30 * 60_000 }),
  ];
  const found = await waste([{ session: "S1", requests }]);
  const nano_usd = 45_000 * (OPUS.h1 - OPUS.plain);
  expect(found.findings).toMatchObject([
    { kind: "unread_writes", what: "claude-opus-4-1", nano_usd, requests: 2, occurrences: 2 },
  ]);
  expect(found.findings[0]!.evidence.map((e) => e.tokens)).toEqual([30_000, 15_000]);
});

test("W05 an entry that may still be read, or that another thread may have read, is not counted", async () => {
  const write1h = (session: string): StoryThread => ({ session, requests: [request({ h1: 40_000 })] });
  const soon = BEGIN + 50 * 60_000;
  expect((await waste([write1h("A")], "", soon)).findings).toEqual([]);
  expect((await waste([], "")).findings).toHaveLength(1);
  const reader = { session: "B", requests: [request({ read: 40_000, m5: 10, wait_ms: 20 * 60_000 })] };
  expect((await waste([reader], "")).findings).toEqual([]);
});

test("W06 a sub-agent's requests cost more than the same tokens on the cheaper model of the family", async () => {
  const requests = [
    request({ m5: 30_000, out: 2000 }),
    request({ read: 30_000, m5: 500, h1: 0, plain: 20, out: 700 }),
    request({ read: 1000, out: 10, model: "claude-sonnet-4-6" }),
  ];
  const found = await waste([
    { session: "S1", requests: [request({ m5: 30_000, out: 2000 })] },
    { session: "S1", agent: "a1", requests },
  ]);
  const nano_usd = [0, 1].reduce(
    (sum, i) => sum + costOf(requests[i]!, OPUS) - costOf(requests[i]!, SONNET),
    0,
  );
  expect(found.findings).toMatchObject([
    {
      kind: "agent_model",
      what: "sub-agent: claude-opus-4-1 instead of claude-sonnet-4-6",
      nano_usd,
      requests: 2,
      evidence: [{ agent_id: "a1", session_key: "claude:S1" }],
    },
  ]);
});

test("W07 money that two findings show is in the total once", async () => {
  // A sub-agent that loops: each request of the loop is also one on an expensive model.
  const again = { m5: 4000, out: 500, calls: [failing("npm test")] };
  const requests = [again, again, again, again].map(request);
  const found = await waste([{ session: "S1", agent: "a1", requests }]);
  const whole = costOf(requests[0]!, OPUS);
  const less = whole - costOf(requests[0]!, SONNET);
  const figures = Object.fromEntries(found.findings.map((f) => [f.kind, [f.nano_usd, f.counted_nano_usd]]));
  expect(figures).toEqual({
    agent_model: [4 * less, less],
    repeated_failures: [3 * whole, 3 * whole],
  });
  expect(found.total_nano_usd).toBe(3 * whole + less);
  expect(found.total_nano_usd).toBeLessThanOrEqual(found.cost_nano_usd);
});

test("W08 each finding has its figure of the time before, and what is over is named", async () => {
  const loop = (argument: string) =>
    [0, 1, 2].map(() => request({ m5: 4000, out: 500, calls: [failing(argument)] }));
  const nano_usd = 2 * costOf(loop("a")[0]!, OPUS);
  const threads = [
    { session: "A", requests: loop("npm test") },
    { session: "B", requests: loop("make") },
    { session: "C", requests: loop("npm test").map((r, i) => (i === 0 ? { ...r, wait_ms: 2 * DAY } : r)) },
  ];
  const start = BEGIN + DAY;
  const found = await waste(threads, `start_time=${start}&end_time=${start + 3 * DAY}`, start + 4 * DAY);
  expect(found.before_from_unix_ms).toBe(start - 3 * DAY);
  expect(found.findings.map((f) => [f.what, f.nano_usd, f.before_nano_usd])).toEqual([
    ["Bash: npm test", nano_usd, nano_usd],
  ]);
  expect(found.gone.map((g) => [g.what, g.before_nano_usd])).toEqual([["Bash: make", nano_usd]]);
  expect([found.total_nano_usd, found.before_total_nano_usd]).toEqual([nano_usd, 2 * nano_usd]);
  // A session is read from its beginning: there is no time before.
  const one = await waste([], "session_id=claude:C");
  expect(one.findings).toMatchObject([{ before_nano_usd: null, nano_usd }]);
  expect([one.before_from_unix_ms, one.before_total_nano_usd]).toEqual([null, null]);
});

test("W09 no finding without a figure: requests without a price are in none, and causes below a cent are left out", async () => {
  const again = { m5: 4000, out: 500, calls: [failing("npm test")] };
  const unpriced = [0, 1, 2].map(() => request({ ...again, model: "mystery-1" }));
  const cheap = [0, 1, 2].map(() => request({ ...again, m5: 10, out: 1 }));
  const found = await waste([
    { session: "A", requests: unpriced },
    { session: "B", requests: cheap },
  ]);
  expect([found.findings, found.unpriced_requests, found.total_nano_usd]).toEqual([[], 3, 0]);
});

test("W09 filters and the limit change what is listed and no figure", async () => {
  const again = { m5: 4000, out: 500 };
  const loop = (argument: string) => [0, 1, 2].map(() => request({ ...again, calls: [failing(argument)] }));
  const all = await waste(["a", "b", "c"].map((w) => ({ session: w, requests: loop(w) })));
  const few = await waste([], "limit=1");
  expect(few.findings).toEqual(all.findings.slice(0, 1));
  expect(few.others.findings).toBe(2);
  expect(few.findings[0]!.counted_nano_usd + few.others.counted_nano_usd).toBe(all.total_nano_usd);
  expect((await waste([], "kind=retries,near_limit")).kinds.map((k) => k.kind)).toEqual([
    "retries",
    "near_limit",
  ]);
  expect((await waste([], "project=app")).findings).toEqual(all.findings);
  expect((await waste([], "project=other")).findings).toEqual([]);
  expect((await waste([], "session_id=b")).findings).toMatchObject([{ what: "Bash: b" }]);
});
