import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import type { Answer } from "../../schema/api-types.ts";
import { parseAnswer } from "../world-app.ts";
import { NOW, startViewer, type Viewer } from "./rig.ts";

type Row = Answer<"GET /api/requests">["data"][number];
const MINUTE = 60_000;
const MODEL = "claude-opus-5-5";
let viewer: Viewer;
beforeEach(async () => {
  viewer = await startViewer();
  viewer.db.run("delete from requests; delete from events; delete from tool_calls");
});
afterEach(() => viewer[Symbol.asyncDispose]());

async function requests(query = ""): Promise<Row[]> {
  viewer.rows.rollup();
  const found: Row[] = [];
  let cursor = "";
  do {
    const value: unknown = await (await viewer.get(`/api/requests?${query}${cursor}`)).json();
    expect(parseAnswer("GET /api/requests", value) as unknown).toEqual(value);
    const page = parseAnswer("GET /api/requests", value);
    found.push(...page.data);
    cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
  } while (cursor !== "");
  return found;
}

test("F050.A1 each request has its miss as /api/cache has it, on any page and in any range", async () => {
  const tokens = fc.oneof(fc.constant(0), fc.nat(200_000));
  const happened = fc.array(
    fc.record({
      minutes: fc.integer({ min: 1, max: 200 }),
      session: fc.nat(2),
      agent: fc.nat(1),
      read: tokens,
      m5: tokens,
      h1: fc.oneof(fc.constant(0), tokens),
      plain: tokens,
      model: fc.constantFrom(MODEL, MODEL, "claude-sonnet-5-5"),
    }),
    { minLength: 2, maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(happened, fc.integer({ min: 1, max: 5 }), fc.nat(200), async (all, limit, since) => {
      viewer.db.run("delete from requests");
      for (const { minutes, session, agent, read, m5, h1, plain, model } of all)
        viewer.rows.request([viewer.ids.one, viewer.ids.two, viewer.ids.codex][session]!, {
          time_unix_ms: NOW - minutes * MINUTE,
          model,
          agent_id: agent ? "a" : "",
          output_tokens: 1,
          source: session === 2 ? "codex" : "claude",
          cache_read_input_tokens: read,
          cache_creation_5m_input_tokens: m5,
          cache_creation_1h_input_tokens: h1,
          uncached_input_tokens: plain,
        });
      const range = `start_time=${NOW - since * MINUTE}&end_time=${NOW}`;
      viewer.rows.rollup();
      const cache = (await (await viewer.get("/api/cache?limit=500")).json()) as Answer<"GET /api/cache">;
      const misses = new Map(cache.data.misses.map((miss) => [miss.seq, miss]));
      const toNote = (row: Row) => [row.seq, row.cache_miss?.reason, row.cache_miss?.lost_nano_usd];
      const listed = await requests(`${range}&limit=${limit}`);
      expect(listed.map(toNote)).toEqual(
        listed.map((row) => {
          const miss = misses.get(row.seq);
          return [row.seq, miss?.reason, miss?.lost_nano_usd];
        }),
      );
      const missed = await requests(`${range}&limit=${limit}&missed=true`);
      expect(missed.map(toNote)).toEqual(listed.filter((row) => row.cache_miss !== null).map(toNote));
      const dearest = await requests(`${range}&limit=${limit}&sort=lost`);
      const inRange = cache.data.misses.filter((miss) => missed.some((row) => row.seq === miss.seq));
      expect(dearest.map(toNote)).toEqual(inRange.map((m) => [m.seq, m.reason, m.lost_nano_usd]));
      const idle = await requests(`${range}&miss_reason=idle`);
      expect(idle.map(toNote)).toEqual(listed.filter((row) => row.cache_miss?.reason === "idle").map(toNote));
    }),
    { numRuns: 40 },
  );
});

test("F050.A1 a request has its session's title, its prompt, and the calls of it that failed", async () => {
  const { one, two } = viewer.ids;
  const at = (seconds: number) => NOW - 600_000 + seconds * 1000;
  const made = [0, 10, 20].map((seconds) =>
    viewer.rows.request(one, { time_unix_ms: at(seconds), prompt_id: "p1", agent_id: "" }),
  );
  const agent = viewer.rows.request(one, { time_unix_ms: at(12), agent_id: "agent-a" });
  const other = viewer.rows.request(two, { time_unix_ms: at(5), prompt_id: "unknown" });
  const failed = (id: string, ended: number, over = {}) =>
    viewer.rows.tool(one, id, {
      outcome: "failed",
      started_unix_ms: at(ended) - 500,
      ended_unix_ms: at(ended),
      ...over,
    });
  failed("f1", 3);
  // At the time of the request that is sent next: its answer is in that one.
  failed("f2", 9);
  failed("f3", 15, { agent_id: "agent-a" });
  failed("f4", 25);
  failed("f5", 26, { outcome: "completed" });
  const all = await requests();
  const of = (seq: number | undefined) => all.find((row) => row.seq === seq);
  expect(made.map((seq) => of(seq)?.failed_tool_calls)).toEqual([2, 0, 1]);
  expect(of(agent)?.failed_tool_calls).toBe(1);
  expect([of(made[0])?.title, of(made[0])?.prompt]).toEqual(["Fix the basket", "fix it"]);
  expect([of(other)?.title, of(other)?.prompt, of(other)?.failed_tool_calls]).toEqual([null, null, 0]);
  // The same on a page that ends before the thread does.
  const early = await requests(`end_time=${at(1)}`);
  expect(early.find((row) => row.seq === made[0])?.failed_tool_calls).toBe(2);
});

test("F050.A1 a page of missed requests goes on where the last one ended, and a wrong filter is refused", async () => {
  for (let n = 0; n < 7; n++)
    viewer.rows.request(viewer.ids.one, {
      time_unix_ms: NOW - (70 - n * 10) * MINUTE,
      model: MODEL,
      cache_creation_5m_input_tokens: 40_000,
      cache_creation_1h_input_tokens: 0,
      cache_read_input_tokens: 0,
      uncached_input_tokens: 0,
    });
  const missed = await requests("missed=true&limit=2");
  expect(missed.length).toBe(6);
  expect(new Set(missed.map((row) => row.seq)).size).toBe(6);
  expect((await viewer.get("/api/requests?missed=perhaps")).status).toBe(400);
});

test("F050.A1 of a tool that nearly every turn used the requests are those of its turns", async () => {
  const wanted: number[] = [];
  viewer.db.transaction(() => {
    for (let i = 0; i < 1300; i++) {
      const prompt_id = `p${i}`;
      const session = i % 2 ? viewer.ids.one : viewer.ids.two;
      const tool_name = i % 10 === 0 ? "Read" : "Bash";
      viewer.rows.tool(session, `t${i}`, { prompt_id, tool_name });
      const seq = viewer.rows.request(session, { prompt_id, time_unix_ms: NOW - i * 1000 });
      // Another session has a prompt of that name, without a call.
      viewer.rows.request(viewer.ids.codex, { prompt_id, time_unix_ms: NOW - i * 1000 });
      if (tool_name === "Bash") wanted.push(seq);
    }
  })();
  const found = await requests("group_by=tool&group=Bash&limit=500");
  expect(found.map((row) => row.seq)).toEqual(wanted);
});
