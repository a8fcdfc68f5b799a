import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Answer } from "../../schema/api-types.ts";
import { NOW, startViewer, T0, type Viewer } from "./rig.ts";

const DAY = 86_400_000;
let viewer: Viewer;
beforeAll(async () => {
  viewer = await startViewer();
  viewer.commit((r) => {
    for (let n = 0; n < 30; n++) {
      const pk = r.session(`many-${n}`, {
        project_path: "/home/dev/many",
        git_branch: n % 2 ? "main" : "feat/x",
        started_unix_ms: NOW - n * DAY - n * 1000,
        last_unix_ms: NOW - n * DAY,
      });
      r.request(pk, {
        time_unix_ms: NOW - n * DAY,
        cost_nano_usd: (n * 7) % 30,
        model: n % 3 ? "claude-opus-5" : "claude-haiku-5",
      });
      for (let i = 0; i < n % 4; i++)
        r.tool(pk, `call-${n}-${i}`, {
          outcome: i === 0 ? "failed" : "completed",
          duration_ms: 100 * (i + 1),
        });
    }
    r.rollup();
  });
});
afterAll(() => viewer[Symbol.asyncDispose]());

type List = Answer<"GET /api/sessions">;
const read = async <T>(path: string): Promise<T> => {
  const response = await viewer.get(path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
};
const list = (query: string) => read<List>(`/api/sessions?project=many&${query}`);

test("F043.A1 sessions come in any order, by cursor and by offset alike, each once", async () => {
  const value = (s: List["data"][number], sort: string) =>
    ({
      last: s.last_unix_ms,
      started: s.started_unix_ms,
      duration: (s.last_unix_ms ?? 0) - (s.started_unix_ms ?? 0),
      cost: s.totals.cost_nano_usd,
      tokens: s.totals.total_tokens,
      failed: s.failed_tool_calls,
    })[sort] ?? 0;
  for (const sort of ["last", "started", "duration", "cost", "tokens", "failed"])
    for (const order of ["desc", "asc"]) {
      const whole = (await list(`sort=${sort}&order=${order}&limit=100`)).data;
      expect(whole).toHaveLength(30);
      const values = whole.map((s) => value(s, sort));
      expect(values).toEqual([...values].sort((a, b) => (order === "asc" ? a - b : b - a)));
      const paged: string[] = [];
      let cursor: string | null = "";
      while (cursor !== null) {
        const page: List = await list(`sort=${sort}&order=${order}&limit=7${cursor && `&cursor=${cursor}`}`);
        paged.push(...page.data.map((s) => s.session_key));
        cursor = page.next_cursor;
      }
      expect(paged).toEqual(whole.map((s) => s.session_key));
      const middle = (await list(`sort=${sort}&order=${order}&limit=5&offset=12`)).data;
      expect(middle.map((s) => s.session_key)).toEqual(paged.slice(12, 17));
    }
});

test("F043.A2 model, branch, days and failed calls narrow the list and its days alike", async () => {
  const cases: [query: string, sessions: number][] = [
    ["branch=main", 15],
    ["branch=feat/x", 15],
    ["model=claude-haiku-5", 10],
    ["failed=true", 22],
    ["failed=true&branch=main&model=claude-opus-5", 10],
    ["start_time=2026-11-10&end_time=2026-11-10", 1],
    ["q=MANY-2", 11],
  ];
  for (const [query, sessions] of cases) {
    expect((await list(`${query}&limit=100`)).data).toHaveLength(sessions);
    const { data } = await read<Answer<"GET /api/session-days">>(`/api/session-days?project=many&${query}`);
    expect([data.sessions, data.days.reduce((n, d) => n + d.sessions, 0)]).toEqual([sessions, sessions]);
  }
  const { data } = await read<Answer<"GET /api/session-days">>("/api/session-days?project=many");
  expect(data.days).toHaveLength(30);
  expect(data.days[0]).toEqual({ day: "2026-11-20", sessions: 1 });
  expect((await viewer.get("/api/sessions?sort=title")).status).toBe(400);
});

test("F043.A3 an outline has every item of the timeline in its order, and the blocks add up", async () => {
  const { data: outline } = await read<Answer<"GET /api/sessions/:id/outline">>(
    "/api/sessions/claude:abc-1/outline",
  );
  const { data } = await read<Answer<"GET /api/sessions/:id/timeline">>(
    "/api/sessions/claude:abc-1/timeline",
  );
  const letters = { turn: "t", agent: "a", request: "r", tool: "c", event: "e" };
  expect(outline.kinds.toLowerCase()).toBe(data.items.map((i) => letters[i.kind]).join(""));
  expect(outline.times).toEqual(data.items.map((i) => i.time_unix_ms ?? 0));
  expect(outline.agents.map((n) => outline.agent_ids[n])).toEqual(data.items.map((i) => i.agent_id));
  // The failed call alone is a capital letter.
  expect([...outline.kinds].filter((k) => k !== k.toLowerCase())).toEqual(["C"]);
  const { data: session } = await read<Answer<"GET /api/sessions/:id">>("/api/sessions/claude:abc-1");
  const sum = outline.blocks.reduce((n, b) => n + (b.cost_nano_usd ?? 0), 0);
  expect(sum).toBe(session.totals.cost_nano_usd ?? -1);
  expect(outline.blocks.map((b) => [b.index, b.prompt, b.failed])).toEqual([
    [0, null, 0],
    [1, "fix it", 1],
  ]);
  expect(outline.context.map(([, tokens]) => tokens)).toEqual([100, 100]);
});

test("F043.A3 parts of a timeline are asked for by kind, by failure and by place", async () => {
  const part = async (query: string) =>
    (await read<Answer<"GET /api/sessions/:id/timeline">>(`/api/sessions/claude:abc-1/timeline?${query}`))
      .data.items;
  const whole = await part("");
  expect((await part("only=failed")).map((i) => i.kind)).toEqual(["tool"]);
  expect((await part("only=tool")).map((i) => i.time_unix_ms)).toEqual([T0 + 10, T0 + 15]);
  expect(await part("offset=3&limit=2")).toEqual(whole.slice(3, 5));
  expect(await part("only=request,tool&offset=1")).toEqual(
    whole.filter((i) => ["request", "tool"].includes(i.kind)).slice(1),
  );
});

test("F043.A4 a tool has its median and its 95th percentile, an agent its parent", async () => {
  const pk = viewer.rows.session("times");
  for (let n = 1; n <= 100; n++) viewer.rows.tool(pk, `t-${n}`, { duration_ms: n * 10 });
  viewer.rows.tool(pk, "no-time", { tool_name: "Edit", duration_ms: null });
  viewer.rows.agent(pk, "child", { tool_use_id: "t-7" });
  const { data } = await read<Answer<"GET /api/sessions/:id">>("/api/sessions/claude:times");
  expect(data.tools).toMatchObject([
    { tool_name: "Bash", calls: 100, p50_ms: 500, p95_ms: 950 },
    { tool_name: "Edit", calls: 1, p50_ms: null, p95_ms: null },
  ]);
  expect(data.agent_list[0]?.parent_agent_id).toBe("");
});
