import { expect, test } from "bun:test";
import * as fc from "fast-check";
import type { FeedEvent } from "../../schema/events.ts";
import { toolMatcher } from "../../schema/tool-pattern.ts";
import { feedQueries } from "../../store/queries/feed.ts";
import { AFTER_ALL, type FeedFilter, type TimeKey } from "../../store/queries/feed-filter.ts";
import { newestKeys } from "../../store/queries/feed-newest.ts";
import { startViewer, T0 } from "../viewer/rig.ts";

type Viewer = Awaited<ReturnType<typeof startViewer>>;
const OUTCOMES = ["completed", "failed", "interrupted", "rejected", "running", "unknown"] as const;
const TOOLS = ["Bash", "Read", "mcp__git__log", null] as const;

/** Sessions with hooks, with files alone, and with both, at few different times. */
function fill({ commit, ids }: Viewer, salt: number): void {
  const sessions = [ids.one, ids.two, ids.codex];
  commit((r) => {
    for (let i = 0; i < 90; i++) {
      const x = (i * 31 + salt * 17) % 97;
      const pk = sessions[x % 3]!;
      const time_unix_ms = T0 + ((x * 7) % 13) * 700_000;
      const id = `row_${i}`;
      const tool_name = TOOLS[x % 4]!;
      const outcome = OUTCOMES[x % 6]!;
      if (i % 5 === 0) r.request(pk, { time_unix_ms });
      else if (i % 5 === 1) {
        const prompt = `wish ${x}`;
        r.turn(pk, `wish_${i}`, { started_unix_ms: time_unix_ms, ended_unix_ms: null, prompt });
        const data = JSON.stringify({ prompt });
        const of = { event_type: "prompt_submitted", time_unix_ms: time_unix_ms + 40, data };
        if (x % 2) r.event(pk, { ...of, prompt_id: x % 4 === 1 ? `wish_${i}` : null });
      } else {
        const started_unix_ms = x % 5 ? time_unix_ms : null;
        const isOver = outcome !== "running" && outcome !== "unknown";
        r.tool(pk, id, {
          tool_name,
          outcome,
          started_unix_ms,
          summary: `do ${x}`,
          ended_unix_ms: isOver || started_unix_ms === null ? time_unix_ms + 5 : null,
          error: outcome === "failed" ? `it broke ${x}` : null,
        });
        if (x % 3 === 0)
          r.event(pk, {
            event_type:
              { completed: "tool_completed", rejected: "tool_rejected" }[outcome as string] ?? "tool_failed",
            time_unix_ms,
            tool_use_id: id,
            tool_name: outcome === "rejected" ? null : tool_name,
          });
        else if (x % 3 === 1)
          r.event(pk, { event_type: "tool_started", time_unix_ms, tool_use_id: id, tool_name });
      }
    }
  });
}

const FILTERS: [FeedFilter, (e: FeedEvent) => boolean][] = [
  [{}, () => true],
  [{ from_unix_ms: T0 + 1_400_000 }, (e) => e.time_unix_ms >= T0 + 1_400_000],
  [
    { from_unix_ms: T0, until_unix_ms: T0 + 700_006 },
    (e) => e.time_unix_ms >= T0 && e.time_unix_ms < T0 + 700_006,
  ],
  [{ event_type: ["tool_failed", "tool_rejected"] }, (e) => /failed|rejected/.test(e.event_type)],
  [{ event_type: ["prompt_submitted"] }, (e) => e.event_type === "prompt_submitted"],
  [{ event_category: ["tool"] }, (e) => e.event_category === "tool"],
  [{ tool_name: "BASH" }, (e) => e.tool_name === "Bash"],
  [
    { tool_name: "mcp__*", event_type: ["tool_rejected"] },
    (e) => e.event_type === "tool_rejected" && toolMatcher("mcp__*")(e.tool_name),
  ],
  [{ tags: ["Read", "user"] }, (e) => e.tool_name === "Read" || e.event_category === "user"],
  [{ session_id: "claude:def-2" }, (e) => e.session_key === "claude:def-2"],
  [{ source: "codex", event_category: ["tool"] }, (e) => e.source === "codex" && e.event_category === "tool"],
  [
    { project: "/home/dev/shop", event_type: ["prompt_submitted"] },
    (e) => e.project_path === "/home/dev/shop" && e.event_type === "prompt_submitted",
  ],
  [{ q: "broke" }, (e) => JSON.stringify(e.data).includes("broke")],
  [{ q: "wish 1" }, (e) => JSON.stringify(e.data).includes("wish 1")],
  [{ q: "mcp__git" }, (e) => (e.tool_name ?? "").includes("mcp__git")],
];

/** What is listed, worked out row by row in TypeScript. */
function expected({ db }: Viewer): Set<string> {
  const events = db
    .query<
      {
        event_id: string;
        event_type: string;
        tool_use_id: string | null;
        session_pk: number;
        prompt_id: string | null;
        time_unix_ms: number;
        data: string;
      },
      []
    >("select * from events")
    .all();
  const calls = db
    .query<{ tool_key: string; tool_use_id: string; outcome: string }, []>("select * from tool_calls")
    .all()
    .filter((c) => {
      const isOpen = c.outcome === "running" || c.outcome === "unknown";
      const own = events.filter((e) => e.tool_use_id === c.tool_use_id).map((e) => e.event_type);
      return !own.some((type) => type !== "tool_started" || isOpen);
    });
  const prompts = db
    .query<
      { key: string; session_pk: number; prompt_id: string; started_unix_ms: number; prompt: string },
      []
    >(
      "select t.*, s.source || ':' || s.source_session_id || ':' || t.prompt_id as key from turns t join sessions s using (session_pk)",
    )
    .all()
    .filter(
      (t) =>
        !events.some((e) => {
          if (e.event_type !== "prompt_submitted" || e.session_pk !== t.session_pk) return false;
          if (e.prompt_id !== null) return e.prompt_id === t.prompt_id;
          const apart = Math.abs(e.time_unix_ms - t.started_unix_ms);
          return apart <= 5_000 || (apart <= 600_000 && JSON.parse(e.data).prompt === t.prompt);
        }),
    );
  const requests = db.query<{ request_key: string }, []>("select request_key from requests").all();
  return new Set([
    ...events.map((e) => e.event_id),
    ...requests.map((r) => r.request_key),
    ...calls.map((c) => `call:${c.tool_key}`),
    ...prompts.map((t) => `prompt:${t.key}`),
  ]);
}

test("F046.A10 history that no hook reported is in the list once, under every filter, page by page without a gap", async () => {
  for (const salt of [1, 2, 3]) {
    await using viewer = await startViewer();
    fill(viewer, salt);
    const feed = feedQueries(viewer.db);
    const all = feed.newest({ history: true }, undefined, 1000).events;
    expect(new Set(all.map((e) => e.event_id))).toEqual(expected(viewer));
    expect(all.length).toBe(expected(viewer).size);
    expect(all.some((e) => e.seq === 0 && e.event_type === "prompt_submitted")).toBe(true);
    const times = all.map((e) => e.time_unix_ms);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const sizes = fc.record({
      recent: fc.integer({ min: 1, max: 200 }),
      text: fc.integer({ min: 1, max: 200 }),
      few: fc.constantFrom(1, 50_000),
    });
    const limits = fc.integer({ min: 1, max: 60 });
    void fc.assert(
      fc.property(sizes, limits, fc.constantFrom(...FILTERS), (size, limit, [filter, isMeant]) => {
        const newest = newestKeys(viewer.db, size);
        const keys: TimeKey[] = [];
        for (let before: TimeKey | null = AFTER_ALL; before !== null; ) {
          const page = newest({ ...filter, history: true }, before, limit);
          keys.push(...page.keys);
          before = page.next_before;
        }
        const wanted = feed.newest({ history: true }, undefined, 1000).events.filter(isMeant);
        expect(new Set(keys.map((k) => `${k.time_unix_ms} ${k.seq} ${k.id}`)).size).toBe(keys.length);
        expect(keys.map((k) => k.time_unix_ms)).toEqual(wanted.map((e) => e.time_unix_ms));
        expect(keys.filter((k) => k.seq > 0).map((k) => k.seq)).toEqual(
          wanted.filter((e) => e.seq > 0).map((e) => e.seq),
        );
      }),
      { numRuns: 120 },
    );
  }
});

test("F046 each row of history is found by its id, and the pages of the route go on behind it", async () => {
  await using viewer = await startViewer();
  fill(viewer, 4);
  type Answer = { data: FeedEvent[]; next_cursor: string | null };
  const request = async (query: string) =>
    (await (await viewer.get(`/api/metrics?${query}`)).json()) as Answer;
  const seen: FeedEvent[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Answer = await request(`history=true&limit=7${cursor && `&cursor=${cursor}`}`);
    seen.push(...page.data);
    cursor = page.next_cursor;
  }
  expect(new Set(seen.map((e) => e.event_id))).toEqual(expected(viewer));
  expect(seen.length).toBe(expected(viewer).size);
  for (const event of seen) {
    const { data } = await request(`history=true&event_id=${encodeURIComponent(event.event_id)}`);
    expect(data).toEqual([event]);
  }
  expect((await request("limit=1000")).data.every((e) => e.seq > 0)).toBe(true);
});
