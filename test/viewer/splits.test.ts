import { expect, test } from "bun:test";
import fc from "fast-check";
import { AggregationsQuery } from "../../schema/api-params.ts";
import type { Answer } from "../../schema/api-types.ts";
import { GROUPS, type Group } from "../../schema/groups.ts";
import { COST_ITEMS } from "../../schema/usage-kinds.ts";
import { groupNames } from "../../viewer/ui/costs/splits.ts";
import { sevenDays } from "../../viewer/ui/spend.ts";
import { parseAnswer } from "../world-app.ts";
import { NOW, startViewer, unpriced, type Viewer } from "./rig.ts";

type Split = Answer<"GET /api/aggregations">["data"];
const MINUTE = 60_000;
const RANGE = "start_time=2026-11-18&end_time=2026-11-20";
/** Groups that are parts of the whole; of tools they overlap, and events have no cost. */
const PARTS = GROUPS.filter((group) => group !== "tool" && group !== "event_type");

async function splitBy(viewer: Viewer, by: Group, more = ""): Promise<Split> {
  const value: unknown = await (await viewer.get(`/api/aggregations?group_by=${by}&${RANGE}${more}`)).json();
  expect(parseAnswer("GET /api/aggregations", value) as unknown).toEqual(value);
  return parseAnswer("GET /api/aggregations", value).data;
}

async function seqsOf(viewer: Viewer, by: Group, group: string): Promise<number[]> {
  const query = new URLSearchParams({ group_by: by, limit: "1000", ...(group !== "" && { group }) });
  const answer = await viewer.get(`/api/requests?${RANGE}&${query}`);
  expect([by, group, answer.status]).toEqual([by, group, 200]);
  return ((await answer.json()) as Answer<"GET /api/requests">).data.map((row) => row.seq);
}

test("F049.A11 groups of one name are two in the chart and in the table", () => {
  const group = (key: string) => ({ group: key, label: "Port the price book" });
  const names = groupNames("session", [group("claude:11111111-a"), group("claude:22222222-b")]);
  expect([...names.values()]).toEqual(["Port the price book · 11111111", "Port the price book · 22222222"]);
  const twins = groupNames("session", [group("claude:11111111-a"), group("codex:11111111-a")]);
  expect(new Set(twins.values()).size).toBe(2);
  expect(groupNames("skill", [{ group: "tidy", label: null }]).get("tidy")).toBe("tidy");
});

test("F049.A11 equal prompts of one session differ by the prompt's id", () => {
  const prompt = (id: string) => ({ group: `claude:11111111-a/${id}`, label: "continue" });
  const names = groupNames("prompt", [prompt("aaaaaaaa-1"), prompt("bbbbbbbb/2")]);
  expect([...names.values()]).toEqual(["continue · aaaaaaaa", "continue · bbbbbbbb"]);
});

test("EC003 the seven days have no known price only where none of their amounts has one", () => {
  const row = (day: number, value: number | null) => ({ bucket: `2026-11-${day}`, value });
  expect(sevenDays([], "2026-11-20")).toEqual({ cost: 0, was: 0 });
  expect(sevenDays([row(14, null), row(20, null)], "2026-11-20")).toEqual({ cost: null, was: 0 });
  expect(sevenDays([row(13, null), row(14, 0)], "2026-11-20")).toEqual({ cost: 0, was: null });
  const mixed = [row(10, 1), row(13, null), row(14, 2), row(15, null), row(20, 4)];
  expect(sevenDays(mixed, "2026-11-20")).toEqual({ cost: 6, was: 1 });
});

const name = fc.constantFrom(null, "", "one", "two/three");
const made = fc.array(
  fc.record({
    session: fc.nat(2),
    minutes: fc.integer({ min: 1, max: 2 * 24 * 60 }),
    prompt: name,
    branch: name,
    skill: name,
    mcp: name,
    agent: fc.constantFrom("", "agent-a"),
    priced: fc.nat(4),
    model: fc.constantFrom("claude-opus-5-5", "claude-sonnet-5-5"),
    part: fc.nat(5),
    costs: fc.array(fc.nat(1_000_000), { minLength: 6, maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 25 },
);

test("F050.A2 every split adds up to the headline, and the requests behind a group to its figure", async () => {
  await using viewer = await startViewer();
  const { one, two, codex } = viewer.ids;
  viewer.rows.turn(two, "one", { prompt: "what it is about" });
  await fc.assert(
    fc.asyncProperty(made, async (all) => {
      viewer.db.run("delete from requests; delete from session_branches");
      for (const { session, minutes, prompt, branch, skill, mcp, agent, priced, model, part, costs } of all) {
        const kinds = Object.fromEntries(COST_ITEMS.map((kind, i) => [`${kind}_nano_usd`, costs[i]!]));
        const priced_as = { ...kinds, cost_nano_usd: costs.reduce((sum, n) => sum + n, 0) };
        viewer.rows.request([one, two, codex][session]!, {
          time_unix_ms: NOW - minutes * MINUTE,
          prompt_id: prompt,
          git_branch: branch || null,
          skill,
          model,
          mcp_server: mcp,
          agent_id: agent,
          source: session === 2 ? "codex" : "claude",
          ...(part === 0 && { parent_key: "claude:parent" }),
          ...(priced ? priced_as : unpriced),
        });
      }
      viewer.rows.rollup();
      viewer.db.run(`insert into session_branches
        select distinct session_pk, git_branch from requests where git_branch is not null`);
      const stored = viewer.db
        .query<{ seq: number; cost: number | null } & Record<string, number | null>, []>(
          "select *, cost_nano_usd as cost from requests where time_unix_ms >= unixepoch('2026-11-18') * 1000",
        )
        .all();
      const costOf = (seqs: number[]) =>
        stored.filter((r) => seqs.includes(r.seq)).reduce((sum, r) => sum + (r.cost ?? 0), 0);
      const total = stored.reduce((sum, r) => sum + (r.cost ?? 0), 0);
      for (const by of PARTS) {
        const split = await splitBy(viewer, by);
        expect([by, split.total ?? 0]).toEqual([by, total]);
        expect([by, split.groups.reduce((sum, g) => sum + (g.value ?? 0), 0)]).toEqual([by, total]);
        expect([by, split.rows.reduce((sum, r) => sum + (r.value ?? 0), 0)]).toEqual([by, total]);
        const seen: number[] = [];
        for (const { group, value } of split.groups) {
          const seqs = await seqsOf(viewer, by, group ?? "");
          if (by === "kind") {
            const column = `${group}_nano_usd`;
            expect([group, value]).toEqual([group, stored.reduce((sum, r) => sum + (r[column] ?? 0), 0)]);
            expect(seqs.sort()).toEqual(
              stored
                .filter((r) => (r[column] ?? 0) > 0)
                .map((r) => r.seq)
                .sort(),
            );
          } else {
            expect([by, group, value ?? 0]).toEqual([by, group, costOf(seqs)]);
            seen.push(...seqs);
          }
        }
        if (by !== "kind")
          expect([by, seen.length, new Set(seen).size]).toEqual([by, stored.length, stored.length]);
      }
    }),
    { numRuns: 6 },
  );
});

test("F050.A2 a prompt has its text and its session, the most expensive comes first, and a model narrows it", async () => {
  await using viewer = await startViewer();
  const { one, two } = viewer.ids;
  viewer.db.run("delete from requests");
  viewer.rows.turn(two, "p9", { prompt: "write it all again" });
  const at = (minutes: number, over: object) => ({ time_unix_ms: NOW - minutes * MINUTE, ...over });
  viewer.rows.request(one, at(9, { prompt_id: "p1", cost_nano_usd: 10 }));
  viewer.rows.request(one, at(8, { prompt_id: "p1", agent_id: "agent-a", cost_nano_usd: 5, model: "m2" }));
  viewer.rows.request(two, at(7, { prompt_id: "p9", cost_nano_usd: 40 }));
  viewer.rows.request(two, at(6, { prompt_id: null, cost_nano_usd: 3 }));
  viewer.rows.rollup();
  const shown = (split: Split) => split.groups.map((g) => [g.group, g.label, g.value]);
  expect(shown(await splitBy(viewer, "prompt"))).toEqual([
    ["claude:def-2/p9", "write it all again", 40],
    ["claude:abc-1/p1", "fix it", 15],
    ["", null, 3],
  ]);
  expect(AggregationsQuery.parse({ group_by: "prompt" }).limit).toBe(1000);
  const dearest = await splitBy(viewer, "prompt", "&limit=1");
  expect(shown(dearest)).toEqual([["claude:def-2/p9", "write it all again", 40]]);
  expect([dearest.others.groups, dearest.others.value, dearest.total]).toEqual([2, 18, 58]);
  expect(dearest.others.rows.reduce((sum, row) => sum + (row.value ?? 0), 0)).toBe(18);
  expect(new Set(dearest.rows.map((row) => row.group))).toEqual(new Set(["claude:def-2/p9"]));
  expect(shown(await splitBy(viewer, "prompt", "&model=m2"))).toEqual([["claude:abc-1/p1", "fix it", 5]]);
  const kinds = await splitBy(viewer, "kind", "&model=m2");
  expect(kinds.total).toBe(5);
});

test("F050.A2 the requests behind a tool are those of the turns with it, as its figure is", async () => {
  await using viewer = await startViewer();
  const { one } = viewer.ids;
  viewer.db.run("delete from requests; delete from tool_calls");
  for (const [minutes, prompt_id, cost_nano_usd] of [
    [30, "p1", 100],
    [29, "p1", 7],
    [20, "p2", 50],
    [10, null, 9],
  ] as const)
    viewer.rows.request(one, { time_unix_ms: NOW - minutes * MINUTE, prompt_id, cost_nano_usd });
  viewer.rows.tool(one, "t1", { tool_name: "Bash", prompt_id: "p1", started_unix_ms: NOW - 29 * MINUTE });
  viewer.rows.tool(one, "t2", { tool_name: "Read", prompt_id: "p1", started_unix_ms: NOW - 29 * MINUTE });
  viewer.rows.tool(one, "t3", { tool_name: "Bash", prompt_id: "p2", started_unix_ms: NOW - 20 * MINUTE });
  viewer.rows.rollup();
  const split = await splitBy(viewer, "tool");
  expect([split.total, split.groups.map((g) => [g.group, g.value])]).toEqual([
    166,
    [
      ["Bash", 157],
      ["Read", 107],
    ],
  ]);
  expect((await seqsOf(viewer, "tool", "Bash")).length).toBe(3);
  expect((await seqsOf(viewer, "tool", "Read")).length).toBe(2);
  for (const wrong of ["group_by=event_type", "group_by=kind&group=gold", "group_by=nothing"])
    expect([wrong, (await viewer.get(`/api/requests?${wrong}`)).status]).toEqual([wrong, 400]);
  expect((await viewer.get("/api/aggregations?group_by=kind&metric=tokens")).status).toBe(400);
});
