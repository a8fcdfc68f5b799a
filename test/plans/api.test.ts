import { describe, expect, test } from "bun:test";
import { createLocalApp } from "../../cli/local-app.ts";
import { openReader } from "../../store/database.ts";
import { assistant, jsonl, transcript } from "../world.ts";
import { BASE_MS, planWorld } from "./rig.ts";

const at = (seconds: number) => new Date(BASE_MS + seconds * 1000).toISOString();
const call = (cwd: string, session: string, n: number, seconds: number, command: string) => {
  const id = `toolu_${session}_${n}`;
  const message = {
    id: `msg_${session}_${n}`,
    content: [{ type: "tool_use", id, name: "Bash", input: { command } }],
  };
  const usage = { input_tokens: 1000 + n, output_tokens: 100 };
  return [
    assistant({
      sessionId: session,
      cwd,
      timestamp: at(seconds - 0.1),
      requestId: `req_${session}_${n}`,
      message,
      usage,
    }),
    {
      type: "user",
      uuid: `u${id}`,
      sessionId: session,
      cwd,
      timestamp: at(seconds),
      message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "ok" }] },
    },
  ];
};
const set = (id: string, status: string) =>
  `sed -i '/"${id}"/s/"status":"[a-z_]*"/"status":"${status}"/' dev/active/shop-plan/manifest.jsonl`;

/** A plan of four features, three of them done by one session. */
async function started() {
  const rig = planWorld();
  rig.manifest({ A: "pending", B: "pending", C: "pending", D: "pending" }, 0);
  rig.scan();
  const steps = ["A", "B", "C"].flatMap((id, i) => [
    [10 + i * 20, set(id, "in_progress")] as const,
    [15 + i * 20, "echo work"] as const,
    [20 + i * 20, set(id, "completed")] as const,
  ]);
  rig.world.write(
    transcript("S1"),
    jsonl(...steps.flatMap(([seconds, command], n) => call(rig.project, "S1", n, seconds, command))),
  );
  await rig.world.read();
  rig.restart();
  rig.manifest({ A: "completed", B: "completed", C: "completed", D: "pending" }, 60);
  rig.scan();
  const reader = openReader(rig.world.config.data_dir);
  const app = createLocalApp(reader, rig.world.config);
  return {
    rig,
    callRoute: app.call,
    [Symbol.dispose]() {
      reader.close();
      rig[Symbol.dispose]();
    },
  };
}

describe("F021", () => {
  test("F021.A1 the list of plans shows state and progress", async () => {
    using on = await started();
    const { data } = await on.callRoute("GET /api/plans");
    expect(data).toMatchObject([
      {
        name: "shop-plan",
        state: "active",
        features: 4,
        progress_percent: 75,
        session_key: "claude:S1",
        pr_url: null,
      },
    ]);
    expect(data[0]!.counts).toEqual({ pending: 1, in_progress: 0, completed: 3, failed: 0 });
    expect(data[0]!.eta?.from).toBe("median of 3 measured features × 1 left on the critical path");
    expect((await on.callRoute("GET /api/plans", { query: { state: "completed" } })).data).toEqual([]);
    expect((await on.callRoute("GET /api/plans", { query: { project: "shop" } })).data.length).toBe(1);
  });

  test("F021.A2 a plan shows its features with their measured times", async () => {
    using on = await started();
    const { data } = await on.callRoute("GET /api/plans/:name", { params: { name: "shop:shop-plan" } });
    const [a, , , d] = data.feature_list;
    expect(a).toMatchObject({ feature_id: "A", status: "completed", duration_ms: 10_000, layer: 0 });
    expect(a!.attempts).toEqual([
      {
        attempt: 1,
        started_unix_ms: BASE_MS + 10_000,
        ended_unix_ms: BASE_MS + 20_000,
        outcome: "completed",
        session_key: "claude:S1",
        start_quality: "exact",
        end_quality: "exact",
      },
    ]);
    expect(d).toMatchObject({ status: "pending", attempts: [], duration_ms: null });
    expect(data.started_unix_ms).toBe(BASE_MS + 10_000);
  });

  test("F021 the cost of features and overhead is the cost of the plan's requests", async () => {
    using on = await started();
    const { data } = await on.callRoute("GET /api/plans/:name", { params: { name: "shop-plan" } });
    const requests = on.rig.world.one<{ cost: number; n: number }>(
      "select sum(cost_nano_usd) as cost, count(*) as n from requests where time_unix_ms >= ?",
      BASE_MS + 10_000,
    );
    const parts = [...data.feature_list.map((f) => f.totals), data.overhead];
    const sum = (of: (t: (typeof parts)[number]) => number) => parts.reduce((n, t) => n + of(t), 0);
    expect(requests.cost).toBeGreaterThan(0);
    expect(sum((t) => t.cost_nano_usd ?? 0)).toBe(requests.cost);
    expect(data.totals.cost_nano_usd).toBe(requests.cost);
    expect(sum((t) => t.requests)).toBe(requests.n);
    expect(data.split).toEqual({ agent: 0, only_one_in_progress: 6, equal_parts: 0, overhead: 2 });
  });

  test("F021 group_by=plan: plans and what no plan has are everything", async () => {
    using on = await started();
    const request = { metric: "cost", period: "day" } as const;
    const all = (await on.callRoute("GET /api/aggregations", { query: request })).data;
    const { data } = await on.callRoute("GET /api/aggregations", { query: { ...request, group_by: "plan" } });
    expect(data.total).toBe(all.total);
    expect(data.total).toBeGreaterThan(0);
    const plan = await on.callRoute("GET /api/plans/:name", { params: { name: "shop-plan" } });
    expect(data.groups.find((g) => g.label === "shop-plan")?.value).toBe(plan.data.totals.cost_nano_usd);
    expect(data.groups.reduce((n, g) => n + (g.value ?? 0), 0)).toBe(all.total!);
  });

  test("F021 costs by plan: plans and what no plan has are the whole, in money, tokens and requests", async () => {
    using on = await started();
    const { data } = await on.callRoute("GET /api/costs", { query: { group_by: "plan" } });
    const plan = (await on.callRoute("GET /api/plans/:name", { params: { name: "shop-plan" } })).data;
    const own = data.groups.find((g) => g.label === "shop-plan")!;
    expect(own.group).toBe(plan.plan_key);
    expect(own.cost_nano_usd).toBe(plan.totals.cost_nano_usd);
    expect(data.groups.find((g) => g.group === "")!.requests).toBeGreaterThan(0);
    const sum = (of: (g: typeof own) => number | null) => data.groups.reduce((n, g) => n + (of(g) ?? 0), 0);
    expect(sum((g) => g.cost_nano_usd)).toBe(data.total.cost_nano_usd!);
    expect(sum((g) => g.total_tokens)).toBe(data.total.total_tokens);
    expect(sum((g) => g.requests)).toBe(data.total.requests);
  });

  test("F021.A3 the events of one plan are listed in order", async () => {
    using on = await started();
    const first = await on.callRoute("GET /api/plans/events/:name", {
      params: { name: "shop-plan" },
      query: { limit: 7 },
    });
    const rest = await on.callRoute("GET /api/plans/events/:name", {
      params: { name: "shop-plan" },
      query: { limit: 50, cursor: first.next_cursor! },
    });
    const types = [...first.data, ...rest.data].map((e) => e.event_type);
    expect(types).toEqual([
      "plan_created",
      "plan_optimized",
      "feature_created",
      "feature_created",
      "feature_created",
      "feature_created",
      "orchestration_started",
      "feature_started",
      "feature_completed",
      "feature_started",
      "feature_completed",
      "feature_started",
      "feature_completed",
    ] as typeof types);
    expect(rest.next_cursor).toBeNull();
    expect((await on.callRoute("GET /api/plans/events")).data.length).toBe(types.length);
    expect(rest.data.at(-1)).toMatchObject({ session_key: "claude:S1", source: "plan" });
  });

  test("F021 the graph has layers, edges, a critical path and Mermaid", async () => {
    using on = await started();
    const { data } = await on.callRoute("GET /api/plans/:name/graph", { params: { name: "shop-plan" } });
    expect(data.layers).toEqual([["A", "B", "C", "D"]]);
    expect(data.critical_path).toHaveLength(1);
    expect(data.mermaid).toContain('n0["A Feature A"]:::completed');
  });

  test("F021 a name of two plans is refused with both keys, an unknown one is not found", async () => {
    using on = await started();
    const { world } = on.rig;
    const key = on.rig.plan().plan_key as string;
    world.db.run(
      "insert into plans (plan_key, project_path, name, aliases, path, place, state, revisions, rounds, completions) values ('other', '/w/two', 'shop-plan', '[]', '/w/two/x', 'active', 'active', 0, 0, 0)",
    );
    const request = on.callRoute("GET /api/plans/:name", { params: { name: "shop-plan" } });
    await expect(request).rejects.toMatchObject({ code: "bad_request" });
    await expect(request).rejects.toThrow(key);
    await expect(request).rejects.toThrow("other");
    for (const name of [key, "shop:shop-plan"])
      expect((await on.callRoute("GET /api/plans/:name", { params: { name } })).data.plan_key).toBe(key);
    await expect(on.callRoute("GET /api/plans/:name", { params: { name: "nothing" } })).rejects.toMatchObject(
      {
        code: "not_found",
      },
    );
  });
});
