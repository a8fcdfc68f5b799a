import { afterEach, beforeEach, expect, test } from "bun:test";
import { createLocalApp } from "../../cli/local-app.ts";
import { openReader } from "../../store/database.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

const URL_OF = (n: number) => `https://github.com/dev/app/pull/${n}`;
let seconds = 0;
const at = () => new Date(Date.parse("2026-11-01T10:00:00Z") + seconds++ * 1000).toISOString();

/** A session on a branch that runs commands, each with what it printed. */
function session(id: string, gitBranch: string, commands: [string, string][], more: object = {}): void {
  const line = { sessionId: id, gitBranch, ...more };
  const lines = commands.flatMap(([command, output], i) => [
    assistant({
      ...line,
      ...{ uuid: `${id}-${i}`, timestamp: at(), requestId: `req_${id}_${i}` },
      message: {
        id: `msg_${id}_${i}`,
        content: [{ type: "tool_use", id: `toolu_${id}_${i}`, name: "Bash", input: { command } }],
      },
      usage: { input_tokens: 1000, output_tokens: 10 },
    }),
    {
      ...{ type: "user", uuid: `u${id}${i}`, timestamp: at(), cwd: "/w/app", ...line },
      message: {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: `toolu_${id}_${i}`, content: output }],
      },
    },
  ]);
  world.write(transcript(id), jsonl(...lines));
}

async function groups(group_by: "branch" | "pr") {
  await world.read();
  await world.pipeline.collector.drainTexts();
  const db = openReader(world.config.data_dir);
  try {
    const app = createLocalApp(db, world.config);
    const sums = await app.call("GET /api/aggregations", { query: { group_by, metric: "cost" } });
    const costs = await app.call("GET /api/costs", { query: { group_by } });
    const named = costs.data.groups.map((g) => [g.group, g.requests] as [string, number]);
    expect(costs.data.groups.reduce((n, g) => n + (g.cost_nano_usd ?? 0), 0)).toBe(
      costs.data.total.cost_nano_usd!,
    );
    expect(sums.data.groups.reduce((n, g) => n + (g.value ?? 0), 0)).toBe(sums.data.total!);
    expect(sums.data.groups.map((g) => String(g.group)).sort()).toEqual(named.map(([name]) => name).sort());
    return Object.fromEntries(named);
  } finally {
    db.close();
  }
}

test("E10 cost by branch adds up to all cost", async () => {
  session("S1", "main", [["ls", "a"]]);
  session("S2", "feature/basket", [
    ["ls", "a"],
    ["pwd", "/w/app"],
  ]);
  session("S3", "", [["ls", "a"]]);
  expect(await groups("branch")).toEqual({ main: 1, "feature/basket": 2, "": 1 });
});

test("F044.A3 E11 a pull request has the sessions that opened it and those on its branch", async () => {
  session("S1", "feature/basket", [["gh pr create --fill", `Creating pull request\n${URL_OF(7)}\n`]]);
  session("S2", "feature/basket", [["ls", "a"]]);
  // On the shared branch only the session that opened one is counted.
  session("S3", "main", [["git switch -c fix && gh pr create --fill", URL_OF(8)]]);
  session("S4", "main", [["gh pr view 7", `url: ${URL_OF(7)}`]]);
  session("S5", "chore", [["gh pr view --json url", `{"url":"${URL_OF(9)}"}`]]);
  // The same branch of another project is another branch.
  session("S6", "feature/basket", [["ls", "a"]], { cwd: "/w/other" });
  expect(await groups("pr")).toEqual({ [URL_OF(7)]: 2, [URL_OF(8)]: 1, [URL_OF(9)]: 1, "": 2 });
});
