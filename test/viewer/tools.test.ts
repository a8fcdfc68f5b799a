import { expect, test } from "bun:test";
import type { Answer } from "../../schema/api-types.ts";
import { percentile } from "../../schema/percentile.ts";
import { DECIDE_ONE } from "../../store/last-decision.ts";
import { startViewer, T0, type Viewer } from "./rig.ts";

const HOUR = 3_600_000;
const RANGE = `start_time=${T0 - 12 * HOUR}&end_time=${T0 + 36 * HOUR}`;
const NAMES = ["Bash", "Read", "mcp__git__log", null];

type Call = { name: string | null; at: number; ms: number | null; failed: boolean; session: "one" | "two" };

/** Calls of four tools in two sessions, some without a time, some at the same moment. */
const CALLS = Array.from(
  { length: 60 },
  (_, i): Call => ({
    name: NAMES[i % 4]!,
    at: T0 + Math.floor((i * 37) % 29) * HOUR,
    ms: i % 7 === 0 ? null : (i * 131) % 977,
    failed: i % 5 === 0,
    session: i % 3 ? "one" : "two",
  }),
);

async function filled(): Promise<Viewer> {
  const viewer = await startViewer();
  viewer.commit((r) => {
    for (const [i, { name, at, ms, failed, session }] of CALLS.entries())
      r.tool(viewer.ids[session], `call-${i}`, {
        tool_name: name,
        started_unix_ms: at,
        duration_ms: ms,
        summary: `argument ${i}`,
        outcome: failed ? "failed" : "completed",
        error: failed ? `error ${i}` : null,
      });
  });
  return viewer;
}

const get = async <T>(viewer: Viewer, path: string): Promise<T> =>
  (await (await viewer.get(path)).json()) as T;

test("F046.A9 each tool has calls, failures, p50, p95 and a series that adds up to them, in any scope", async () => {
  await using viewer = await filled();
  for (const [query, isMeant] of [
    ["", () => true],
    ["&project=/work/blog", (call: Call) => call.session === "two"],
  ] as [string, (call: Call) => boolean][]) {
    const { data } = await get<Answer<"GET /api/tools">>(viewer, `/api/tools?${RANGE}${query}`);
    const seeded = query === "" ? ["toolu_1", "toolu_task"].length : 0;
    const calls = data.tools.reduce((sum, tool) => sum + tool.calls, 0);
    expect(calls).toBe(CALLS.filter(isMeant).length + seeded);
    for (const name of ["Read", "mcp__git__log", ""]) {
      const own = CALLS.filter((call) => (call.name ?? "") === name && isMeant(call));
      const times = own.flatMap((call) => call.ms ?? []).sort((a, b) => a - b);
      const tool = data.tools.find((t) => t.tool_name === name)!;
      expect(tool).toMatchObject({
        calls: own.length,
        failed: own.filter((call) => call.failed).length,
        timed_calls: times.length,
        duration_ms: times.reduce((sum, ms) => sum + ms, 0),
        p50_ms: percentile(times, 50),
        p95_ms: percentile(times, 95),
        mcp_server: name.startsWith("mcp") ? "git" : null,
      });
      expect(tool.series.reduce((sum, [n]) => sum + n, 0)).toBe(tool.calls);
      expect(tool.series.reduce((sum, [, n]) => sum + n, 0)).toBe(tool.failed);
      expect(tool.series.length).toBe(data.buckets.length);
    }
  }
});

test("F046.A9 the calls that failed are listed with session, argument and error, each once, the last one first", async () => {
  await using viewer = await filled();
  const wanted = CALLS.map((call, i) => ({ ...call, i })).filter(
    (c) => c.name === "mcp__git__log" && c.failed,
  );
  const seen: Answer<"GET /api/tool-calls">["data"] = [];
  let cursor: string | null = null;
  do {
    const path = `/api/tool-calls?${RANGE}&tool_name=MCP__*&outcome=failed&limit=2${cursor ? `&cursor=${cursor}` : ""}`;
    const page: Answer<"GET /api/tool-calls"> = await get(viewer, path);
    seen.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(seen.map((call) => call.tool_use_id).toSorted()).toEqual(
    wanted.map((c) => `call-${c.i}`).toSorted(),
  );
  expect(seen).toEqual(seen.toSorted((a, b) => b.started_unix_ms - a.started_unix_ms));
  for (const call of seen) {
    const { i, session } = wanted.find((c) => `call-${c.i}` === call.tool_use_id)!;
    expect(call).toMatchObject({
      summary: `argument ${i}`,
      error: `error ${i}`,
      outcome: "failed",
      ...(session === "one"
        ? { session_key: "claude:abc-1", title: "Fix the basket", project: "shop" }
        : { session_key: "claude:def-2", project: "blog" }),
    });
  }
});

test("F046.A9 each tool has its deciders, of each call in the range only the last decision", async () => {
  await using viewer = await filled();
  const none = await get<Answer<"GET /api/tools">>(viewer, `/api/tools?${RANGE}`);
  expect(none.data.tools.flatMap((tool) => tool.decisions)).toEqual([]);
  const last = new Map<number, string>();
  viewer.commit(() => {
    const key = viewer.db.query<{ tool_key: string; session_pk: number }, [string]>(
      "select tool_key, session_pk from tool_calls where tool_use_id = ?",
    );
    const put = viewer.db.query(
      "insert into tool_decisions (session_pk, tool_key, time_unix_ms, decision, decided_by) values (?, ?, ?, ?, ?)",
    );
    for (const [i, { at }] of CALLS.entries()) {
      if (i % 4 === 3) continue;
      const call = key.get(`call-${i}`)!;
      const by = i % 3 ? "config" : "hook";
      put.run(call.session_pk, call.tool_key, at, "accept", by);
      last.set(i, `accept ${by}`);
      if (i % 5 !== 2) continue;
      put.run(call.session_pk, call.tool_key, at + (i % 2 ? 1 : -1), "reject", "user_reject");
      if (i % 2) last.set(i, "reject user_reject");
    }
    for (let i = 0; i < CALLS.length; i++) viewer.db.run(DECIDE_ONE, [key.get(`call-${i}`)!.tool_key]);
  });
  for (const [from, until] of [
    [T0 - 12 * HOUR, T0 + 36 * HOUR],
    [T0 + 4 * HOUR, T0 + 19 * HOUR],
  ] as const) {
    const path = `/api/tools?start_time=${from}&end_time=${until}`;
    const { data } = await get<Answer<"GET /api/tools">>(viewer, path);
    for (const name of ["Bash", "Read", "mcp__git__log", ""]) {
      const counts = new Map<string, number>();
      for (const [i, call] of CALLS.entries()) {
        const decided = last.get(i);
        if (decided === undefined || (call.name ?? "") !== name || call.at < from || call.at >= until)
          continue;
        counts.set(decided, (counts.get(decided) ?? 0) + 1);
      }
      const { decisions } = data.tools.find((tool) => tool.tool_name === name)!;
      const found = decisions.map((d) => [`${d.decision} ${d.decided_by}`, d.calls] as [string, number]);
      expect(new Map(found)).toEqual(counts);
      expect(found.length).toBe(counts.size);
    }
  }
});

test("F046.A9 MCP servers, skills and sub-agents have calls, failures and exact percentiles, in any scope", async () => {
  await using viewer = await filled();
  const runs: { name: string; ms: number | null; failed: boolean }[] = [];
  viewer.commit((r) => {
    for (let i = 0; i < 20; i++) {
      const at = T0 + i * HOUR;
      r.tool(viewer.ids.one, `skill-${i}`, {
        tool_name: "Skill",
        summary: i % 3 ? "review" : null,
        started_unix_ms: at,
        duration_ms: i * 7,
        outcome: i % 4 ? "completed" : "failed",
      });
      const isTimed = i % 5 !== 0;
      const run = { name: i % 2 ? "Explore" : "", ms: isTimed ? i * 1000 : null, failed: i % 6 === 0 };
      runs.push(run);
      r.tool(viewer.ids.one, `task-${i}`, {
        tool_name: "Task",
        started_unix_ms: at,
        duration_ms: null,
        outcome: run.failed ? "failed" : "completed",
      });
      r.agent(viewer.ids.one, `agent-${i}`, {
        agent_type: run.name || null,
        tool_use_id: `task-${i}`,
        started_unix_ms: isTimed ? at : null,
        ended_unix_ms: run.ms === null ? null : at + run.ms,
      });
    }
  });
  const groups = async (by: string, more = "") =>
    (await get<Answer<"GET /api/tools/groups">>(viewer, `/api/tools/groups?by=${by}&${RANGE}${more}`)).data
      .groups;
  const expected = (name: string, of: { ms: number | null; failed: boolean }[]) => {
    const times = of.flatMap(({ ms }) => ms ?? []).sort((a, b) => a - b);
    return {
      name,
      calls: of.length,
      failed: of.filter(({ failed }) => failed).length,
      timed_calls: times.length,
      duration_ms: times.reduce((sum, ms) => sum + ms, 0),
      p50_ms: percentile(times, 50),
      p95_ms: percentile(times, 95),
    };
  };
  const git = CALLS.filter((call) => call.name === "mcp__git__log");
  expect(await groups("mcp_server")).toEqual([expected("git", git)]);
  const ofBlog = git.filter((call) => call.session === "two");
  expect(await groups("mcp_server", "&project=/work/blog")).toEqual([expected("git", ofBlog)]);
  const skills = Array.from({ length: 20 }, (_, i) => ({ i, ms: i * 7, failed: i % 4 === 0 }));
  expect(await groups("skill")).toEqual([
    expected(
      "review",
      skills.filter(({ i }) => i % 3),
    ),
    expected(
      "",
      skills.filter(({ i }) => i % 3 === 0),
    ),
  ]);
  const found = new Map((await groups("agent_type")).map((group) => [group.name, group]));
  expect(found.get("")).toEqual(
    expected(
      "",
      runs.filter(({ name }) => name === ""),
    ),
  );
  // The rig has one of its own.
  const seeded = { ms: 20, failed: false };
  expect(found.get("Explore")).toEqual(
    expected("Explore", [...runs.filter(({ name }) => name !== ""), seeded]),
  );
  expect(await groups("skill", "&project=/work/blog")).toEqual([]);
});
