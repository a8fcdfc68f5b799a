import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Answer } from "../../schema/api-types.ts";
import { NOW, startViewer, T0, type Viewer } from "./rig.ts";

let viewer: Viewer;
beforeAll(async () => {
  viewer = await startViewer();
});
afterAll(() => viewer[Symbol.asyncDispose]());

const json = async <T>(path: string, from = viewer): Promise<T> => (await (await from.get(path)).json()) as T;
type Metrics = Answer<"GET /api/metrics">;
type Sessions = Answer<"GET /api/sessions">;
type Timeline = Answer<"GET /api/sessions/:id/timeline">;

describe("/api/metrics", () => {
  const seqs = async (query: string) => (await json<Metrics>(`/api/metrics?${query}`)).data.map((e) => e.seq);
  test("F046.A5 events and requests are one feed by their own time, the newest first", async () => {
    const { data } = await json<Metrics>("/api/metrics");
    expect(data.map((e) => e.seq).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: viewer.rows.lastSeq() }, (_, i) => i + 1),
    );
    expect(data).toEqual(data.toSorted((a, b) => b.time_unix_ms - a.time_unix_ms || b.seq - a.seq));
    const request = data.find((e) => e.event_id === "codex:resp_1");
    expect(request).toMatchObject({
      event_type: "api_response",
      event_category: "api",
      session_key: "codex:abc-1",
      data: { model: "gpt-5.6", cost_nano_usd: 1000 },
    });
  });
  test("F020.A1 every filter of /api/metrics narrows the list as documented, also several at once", async () => {
    const all = (await json<Metrics>("/api/metrics")).data;
    const wanted = (is: (e: Metrics["data"][number]) => boolean) => all.filter(is).map((e) => e.seq);
    expect(await seqs("session_id=claude:abc-1")).toEqual(wanted((e) => e.session_key === "claude:abc-1"));
    expect(await seqs("session_id=abc-1")).toEqual(wanted((e) => e.session_id === "abc-1"));
    expect(await seqs("source=codex")).toEqual(wanted((e) => e.session_key === "codex:abc-1"));
    expect(await seqs("project=blog")).toEqual(wanted((e) => e.project_path === "/work/blog"));
    expect(await seqs("project=/work/blog")).toEqual(wanted((e) => e.project_path === "/work/blog"));
    expect(await seqs("event_type=tool_failed,tool_started")).toEqual(
      wanted((e) => ["tool_failed", "tool_started"].includes(e.event_type)),
    );
    expect(await seqs("event_category=api")).toEqual(wanted((e) => e.event_category === "api"));
    expect(await seqs("event_category=tool&event_type=tool_failed")).toEqual(
      wanted((e) => e.event_type === "tool_failed"),
    );
    expect(await seqs("event_category=tool&event_type=api_response")).toEqual([]);
    expect(await seqs("tool_name=Bash&session_id=abc-1")).toEqual(wanted((e) => e.tool_name === "Bash"));
    expect(await seqs("tool_name=bAsH")).toEqual(wanted((e) => e.tool_name === "Bash"));
    expect(await seqs("tool_name=*R*")).toEqual(wanted((e) => /r/i.test(e.tool_name ?? "")));
    expect(await seqs("tool_name=B.sh")).toEqual([]);
    expect(await seqs("tags=Write,plan")).toEqual(
      wanted((e) => e.tool_name === "Write" || e.event_category === "plan"),
    );
    expect(await seqs("tags=api")).toEqual(wanted((e) => e.event_category === "api"));
    expect(await seqs(`start_time=${T0}&end_time=${T0 + 31}`)).toEqual(
      wanted((e) => e.time_unix_ms >= T0 && e.time_unix_ms < T0 + 31),
    );
    expect(await seqs("start_time=2026-11-19&end_time=2026-11-19")).toEqual(
      wanted((e) => new Date(e.time_unix_ms).toISOString().startsWith("2026-11-19")),
    );
    expect(await seqs("q=gpt-5")).toEqual(
      wanted((e) => e.event_type === "api_response" && e.data.model === "gpt-5.6"),
    );
    expect((await seqs("session_id=claude:abc-1")).length).toBeGreaterThan(0);
  });
  test("T18 a percent sign or an underscore in q means itself", async () => {
    expect((await seqs(`q=${encodeURIComponent("a%b_c")}`)).length).toBe(1);
    expect(await seqs(`q=${encodeURIComponent("a_b_c")}`)).toEqual([]);
    expect(await seqs(`q=${encodeURIComponent("%%%")}`)).toEqual([]);
  });
  test("F020.A2 A07 pages give every event once, also while new ones arrive", async () => {
    await using live = await startViewer();
    live.commit((r) => {
      for (let i = 0; i < 57; i++) i % 2 ? r.event(live.ids.one) : r.request(live.ids.one);
    });
    const last = live.rows.lastSeq();
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Metrics = await json<Metrics>(
        `/api/metrics?limit=10${cursor ? `&cursor=${cursor}` : ""}`,
        live,
      );
      seen.push(...page.data.map((e) => e.seq));
      cursor = page.next_cursor;
      live.commit((r) => void r.event(live.ids.two));
    } while (cursor);
    expect(new Set(seen).size).toBe(seen.length);
    const atFirst = seen.filter((seq) => seq <= last);
    expect(atFirst.toSorted((a, b) => a - b)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
  });
});

describe("/api/sessions", () => {
  test("F022.A1 sessions are listed latest first with their totals", async () => {
    const { data } = await json<Sessions>("/api/sessions");
    expect(data.map((s) => [s.session_key, s.state])).toEqual([
      ["claude:abc-1", "active"],
      ["claude:def-2", "ended"],
      ["codex:abc-1", "idle"],
    ]);
    const [one] = data;
    expect(one).toMatchObject({
      title: "Fix the basket",
      project: "shop",
      turns: 1,
      tool_calls: 2,
      failed_tool_calls: 1,
      agents: 1,
    });
    expect(one!.models.sort()).toEqual(["claude-haiku-5", "claude-opus-5", "mystery-1"]);
    expect(one!.totals).toMatchObject({
      requests: 3,
      input_tokens: 300,
      output_tokens: 150,
      total_tokens: 450,
      cost_nano_usd: 22,
    });
    expect(one!.totals.coverage).toEqual({
      priced_requests: 2,
      unpriced_requests: 1,
      unpriced_tokens: 150,
      priced_tokens_percent: 66,
      cost_complete: false,
      provisional_requests: 0,
      implausible_requests: 0,
      inferred_id_requests: 0,
    });
  });
  test("F020 filters and pages", async () => {
    const keys = async (query: string) =>
      (await json<Sessions>(`/api/sessions?${query}`)).data.map((s) => s.session_key);
    expect(await keys("project=blog")).toEqual(["claude:def-2"]);
    expect(await keys("source=codex")).toEqual(["codex:abc-1"]);
    expect(await keys("q=basket")).toEqual(["claude:abc-1"]);
    expect(await keys("q=%25")).toEqual([]);
    expect(await keys("state=ended")).toEqual(["claude:def-2"]);
    expect(await keys("state=idle")).toEqual(["codex:abc-1"]);
    expect(await keys("since=2026-11-20")).toEqual(["claude:abc-1"]);
    expect(await keys("until=2026-11-17")).toEqual([]);
    const walked: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: Sessions = await json<Sessions>(`/api/sessions?limit=1${cursor && `&cursor=${cursor}`}`);
      walked.push(...page.data.map((s) => s.session_key));
      cursor = page.next_cursor;
    }
    expect(walked).toEqual(["claude:abc-1", "claude:def-2", "codex:abc-1"]);
  });
  test("F022.A2 B-05 B-06 a session is found by its prefixed and by its bare id, and one id in two agents is two sessions", async () => {
    const key = async (id: string) =>
      (await json<Answer<"GET /api/sessions/:id">>(`/api/sessions/${id}`)).data.session_key;
    expect(await key("claude:abc-1")).toBe("claude:abc-1");
    expect(await key("codex:abc-1")).toBe("codex:abc-1");
    expect(await key("abc-1")).toBe("claude:abc-1");
    expect((await viewer.get("/api/sessions/codex:def-2")).status).toBe(404);
  });
  test("A01 main thread and agents add up to the session", async () => {
    const { data } = await json<Answer<"GET /api/sessions/:id">>("/api/sessions/claude:abc-1");
    expect(data.main.requests + data.agent_list.reduce((n, a) => n + a.totals.requests, 0)).toBe(
      data.totals.requests,
    );
    expect(data.agent_list).toMatchObject([
      { agent_id: "agent-a", agent_type: "Explore", totals: { cost_nano_usd: 7 } },
    ]);
    expect(data.tools).toEqual([
      { tool_name: "Bash", calls: 1, failed: 1, duration_ms: 20, p50_ms: 20, p95_ms: 20, decisions: [] },
      { tool_name: "Task", calls: 1, failed: 0, duration_ms: 20, p50_ms: 20, p95_ms: 20, decisions: [] },
    ]);
  });
});

describe("the timeline", () => {
  test("F022.A3 the timeline is in order, with tool spans and agents, has nothing twice, and names the agent that a call started", async () => {
    const { data } = await json<Timeline>("/api/sessions/claude:abc-1/timeline");
    expect(data.items.map((i) => `${i.kind} ${(i.time_unix_ms ?? 0) - T0}`)).toEqual([
      "event -5",
      "turn 0",
      "request 5",
      "tool 10",
      "tool 15",
      "agent 20",
      "request 25",
      "request 3600000",
    ]);
    expect(data.items[3]).toMatchObject({
      tool_name: "Bash",
      outcome: "failed",
      error: "exit 1",
      duration_ms: 20,
      child_agent_id: null,
    });
    expect(data.items[4]).toMatchObject({ tool_name: "Task", child_agent_id: "agent-a" });
    expect(data.items[6]).toMatchObject({ agent_id: "agent-a", cost_nano_usd: 7 });
    expect(data.items[7]).toMatchObject({ cost_nano_usd: null, flags: ["unpriced"] });
  });
  test("A07 its pages put together are the whole, also for one agent", async () => {
    const walk = async (query: string) => {
      const items: Timeline["data"]["items"] = [];
      for (let cursor: string | null = ""; cursor !== null; ) {
        const page: Timeline = await json<Timeline>(
          `/api/sessions/claude:abc-1/timeline?${query}${cursor && `&cursor=${cursor}`}`,
        );
        items.push(...page.data.items);
        cursor = page.next_cursor;
      }
      return items;
    };
    const whole = await walk("limit=1000");
    expect(await walk("limit=1")).toEqual(whole);
    expect(await walk("limit=3")).toEqual(whole);
    expect(await walk("limit=1&agent_id=agent-a")).toEqual(whole.filter((i) => i.agent_id === "agent-a"));
    expect(await walk("limit=2&agent_id=")).toEqual(whole.filter((i) => i.agent_id === ""));
  });
});

describe("/api/requests", () => {
  const keys = async (query: string) =>
    (await json<Answer<"GET /api/requests">>(`/api/requests?${query}`)).data.map((r) => r.request_key);
  test("F020 filters by model, thread and price", async () => {
    expect(await keys("model=gpt-5.6")).toEqual(["codex:resp_1"]);
    expect((await keys("unpriced=true")).length).toBe(1);
    expect((await keys("unpriced=false")).length).toBe(4);
    expect((await keys("session_id=claude:abc-1&agent_id=")).length).toBe(2);
    expect((await keys("session_id=claude:abc-1&agent_id=agent-a")).length).toBe(1);
    expect(await keys("start_time=2026-11-20")).toEqual(["codex:resp_1"]);
  });
  test("F020 one request names its line items, its price and its place, by seq or by key", async () => {
    const { data } = await json<Answer<"GET /api/requests/:id">>("/api/requests/codex:resp_1");
    expect(data.line_items.map((l) => [l.item, l.quantity, l.cost_nano_usd])).toEqual([
      ["input", 10, 1],
      ["cache_creation_5m", 20, 2],
      ["cache_creation_1h", 30, 3],
      ["cache_read", 40, 4],
      ["output", 50, 5],
      ["web_search", 0, 0],
    ]);
    expect([data.price_id, data.source_offset_bytes]).toEqual(["p1", 7]);
    expect((await json<Answer<"GET /api/requests/:id">>(`/api/requests/${data.seq}`)).data).toEqual(data);
  });
  test("F020 a request shows what it billed under another model and who else shows it", async () => {
    await using own = await startViewer();
    own.commit((r) => {
      r.request(own.ids.one, { request_key: "claude:msg_p" });
      r.request(own.ids.one, {
        request_key: "claude:msg_p:1",
        parent_key: "claude:msg_p",
        model: "advisor",
        cost_nano_usd: 3,
      });
    });
    own.db.run("insert into request_copies values ('claude:msg_p', ?)", [own.ids.two]);
    const { data } = await json<Answer<"GET /api/requests/:id">>("/api/requests/claude:msg_p", own);
    expect(data.children).toMatchObject([
      { request_key: "claude:msg_p:1", model: "advisor", cost_nano_usd: 3 },
    ]);
    expect(data.copies).toEqual(["claude:def-2"]);
    own.rows.rollup();
    const models = (await json<Answer<"GET /api/costs">>("/api/costs", own)).data.models;
    expect(models.find((m) => m.model === "advisor")).toMatchObject({ requests: 0, cost_nano_usd: 3 });
  });
});

describe("/api/metrics/export", () => {
  const post = (body: object) =>
    viewer.get("/api/metrics/export", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  test("F020.A4 the export gives every event of the range as NDJSON or CSV: once, oldest first, as NDJSON", async () => {
    const response = await post({});
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const events = (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { seq: number });
    const feed = (await json<Metrics>("/api/metrics?limit=1000")).data;
    const byTime = feed.toSorted((a, b) => a.time_unix_ms - b.time_unix_ms || a.seq - b.seq);
    expect(events).toEqual(byTime);
    const some = (await (await post({ session_id: "def-2", event_category: ["plan", "api"] })).text())
      .trim()
      .split("\n");
    expect(some.map((line) => JSON.parse(line).event_type)).toEqual(["plan_created", "api_response"]);
    expect(await (await post({ start_time: NOW })).text()).toBe("");
  });
  test("F020.A4 as CSV every event has its line, and a text is quoted and never a formula", async () => {
    await using own = await startViewer();
    own.commit((r) => void r.event(own.ids.two, { tool_name: '=cmd|"x",1', data: '{"a":"b,\\n"}' }));
    const response = await own.get("/api/metrics/export", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"format":"csv"}',
    });
    const text = await response.text();
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const lines = text.trim().split("\r\n");
    expect(lines[0]).toStartWith("seq,event_id,event_type");
    expect(lines.length).toBe(1 + own.rows.lastSeq());
    expect(text).toContain(`,"'=cmd|""x"",1",,"{""a"":""b,\\n""}"`);
  });
  test("F020 bad ranges and formats are refused", async () => {
    for (const body of [{ format: "xml" }, { start_time: "x" }, { event_type: [] }, { limit: 3 }])
      expect((await post(body)).status).toBe(400);
  });
});

describe("T18 hostile values", () => {
  const payloads = [
    "' OR 1=1--",
    "];--",
    "\0",
    '"',
    "')) union select * from meta--",
    "%".repeat(900),
    "NaN",
    "1e309",
    "{}",
    "[]",
    "*",
    "a\nb",
    "😀",
    "x".repeat(20_000),
  ];
  const parameters: [string, string[]][] = [
    [
      "/api/metrics",
      [
        "session_id",
        "project",
        "source",
        "event_type",
        "event_category",
        "tool_name",
        "start_time",
        "end_time",
        "tags",
        "q",
        "limit",
        "cursor",
        "time_zone",
      ],
    ],
    [
      "/api/aggregations",
      [
        "period",
        "metric",
        "group_by",
        "session_id",
        "project",
        "source",
        "start_time",
        "end_time",
        "time_zone",
      ],
    ],
    ["/api/costs", ["period", "session_id", "project"]],
    ["/api/sessions", ["q", "project", "state", "since", "until", "cursor", "limit"]],
    ["/api/requests", ["model", "agent_id", "session_id", "unpriced", "cursor"]],
    ["/api/dashboard/stats", ["period", "project", "source"]],
  ];
  for (const [path, names] of parameters)
    test(`T18 ${path} answers them with 200 or 400, soon, and loses nothing`, async () => {
      const count = () =>
        viewer.db
          .query(
            "select (select count(*) from events), (select count(*) from requests), (select count(*) from sessions)",
          )
          .values();
      const before = count();
      for (const name of names)
        for (const payload of payloads) {
          const started = performance.now();
          const response = await viewer.get(`${path}?${name}=${encodeURIComponent(payload)}`);
          const text = await response.text();
          const shown = `${name}=${payload.slice(0, 30)}`;
          expect([shown, [200, 400, 414, 431].includes(response.status)]).toEqual([shown, true]);
          expect(performance.now() - started).toBeLessThan(10_000);
          if (response.status === 400) expect(text).toContain(name);
        }
      expect(count()).toEqual(before);
    });
});
