import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { createLocalApp } from "../../cli/local-app.ts";
import { openReader } from "../../store/database.ts";
import { ROOT, toEnd } from "../e2e/daemon.ts";
import { appendRecords, spoolRecord } from "../e2e/records.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

const URL_OF = (n: number) => `https://github.com/dev/app/pull/${n}`;
let seconds = 0;
const at = () => new Date(Date.parse("2026-11-01T10:00:00Z") + seconds++ * 1000).toISOString();

/** A session on a branch that runs commands, each with what it printed, and the branch where it is another. */
function session(id: string, branch: string, commands: [string, string, string?][], more: object = {}): void {
  const lines = commands.flatMap(([command, output, gitBranch = branch], i) => {
    const line = { sessionId: id, gitBranch, ...more };
    return lineOfCall(id, i, line, command, output);
  });
  world.write(transcript(id), jsonl(...lines));
}

function lineOfCall(id: string, i: number, line: object, command: string, output: string): object[] {
  return [
    assistant({
      ...line,
      uuid: `${id}-${i}`,
      timestamp: at(),
      requestId: `req_${id}_${i}`,
      message: {
        id: `msg_${id}_${i}`,
        content: [{ type: "tool_use", id: `toolu_${id}_${i}`, name: "Bash", input: { command } }],
      },
      usage: { input_tokens: 1000, output_tokens: 10 },
    }),
    {
      type: "user",
      uuid: `u${id}${i}`,
      timestamp: at(),
      cwd: "/w/app",
      ...line,
      message: {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: `toolu_${id}_${i}`, content: output }],
      },
    },
  ];
}

/** A Codex thread, of which only the beginning names a branch. */
function thread(id: string, branch: string, commands: [string, string][]): void {
  const line = (type: string, payload: object) => ({ timestamp: at(), type, payload });
  const lines = commands.flatMap(([command, output], i) => [
    line("response_item", {
      type: "function_call",
      name: "shell",
      call_id: `c${i}`,
      arguments: JSON.stringify({ command: ["bash", "-lc", command] }),
    }),
    line("token_usage_record", {
      thread_id: id,
      turn_id: "t1",
      response_id: `resp_${id}_${i}`,
      usage: { input_tokens: 1000, output_tokens: 10, total_tokens: 1010 },
    }),
    line("response_item", { type: "function_call_output", call_id: `c${i}`, output }),
  ]);
  world.write(
    `.codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-${id}.jsonl`,
    jsonl(
      line("session_meta", { id, cwd: "/w/app", git: { branch } }),
      line("turn_context", { turn_id: "t1", model: "gpt-5.5" }),
      ...lines,
    ),
  );
}

async function groups(group_by: "branch" | "pr", { texts = true } = {}) {
  await world.read();
  if (texts) await world.pipeline.collector.drainTexts();
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

async function sessionsOn(branch: string) {
  const db = openReader(world.config.data_dir);
  try {
    const { data } = await createLocalApp(db, world.config).call("GET /api/sessions", { query: { branch } });
    return data;
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

test("E10 a request is of the branch at its time, also where a session changes it", async () => {
  session("S1", "main", [
    ["ls", "a"],
    ["git switch -c fix", "Switched to a new branch 'fix'"],
    ["ls", "a", "fix"],
    ["git switch main", "Switched to branch 'main'", "fix"],
    ["ls", "a"],
  ]);
  session("S2", "fix", [["ls", "a"]]);
  expect(await groups("branch")).toEqual({ main: 3, fix: 3 });
  const found = await sessionsOn("fix");
  expect(found.map((s) => s.session_key).sort()).toEqual(["claude:S1", "claude:S2"]);
});

test("E10 a Codex thread names one branch; what its commits print names the others", async () => {
  const name = (branch: string) => `[${branch} 1a2b3c4] Mend the gate\n 1 file changed`;
  thread("01a1fa16-6e42-7e83-a387-4c8755fc10fa", "main", [
    ["git switch -c gate", "Switched to a new branch 'gate'"],
    ["git commit -am 'Mend the gate'", name("gate")],
    ["git switch -c fence && git add -A && git commit -m Fence", name("fence (root-commit)")],
    ["ls", "a"],
  ]);
  thread("01a1fa16-6e42-7e83-a387-4c8755fc10fb", "main", [
    ["git commit -m x", "nothing to commit, working tree clean"],
  ]);
  expect(await groups("branch")).toEqual({ main: 1, gate: 2, fence: 2 });
});

test("E11 what a session on a shared branch did is of the request that it opened next", async () => {
  session("S1", "main", [
    ["ls", "a"],
    ["git switch -c a && gh pr create --fill", URL_OF(1)],
    ["ls", "a"],
    ["git switch -c b && gh pr create --fill", URL_OF(2)],
    ["ls", "a"],
  ]);
  // A branch without a request of its own takes none from the shared one's opened on another.
  session("S2", "main", [
    ["ls", "a", "spike"],
    ["gh pr create --fill", URL_OF(3), "shelf"],
    ["ls", "a"],
  ]);
  session("S3", "shelf", [["ls", "a"]]);
  expect(await groups("pr")).toEqual({ [URL_OF(1)]: 2, [URL_OF(2)]: 3, [URL_OF(3)]: 3, "": 1 });
});

test("E11 a commit of a Codex thread puts its request on the branch, where other sessions find it", async () => {
  thread("01a1fa16-6e42-7e83-a387-4c8755fc10fc", "main", [
    ["git switch -c lamp && git commit -am Lamp", "[lamp 1a2b3c4] Lamp"],
    ["gh pr create --fill", URL_OF(4)],
  ]);
  session("S1", "lamp", [["ls", "a"]]);
  expect(await groups("pr")).toEqual({ [URL_OF(4)]: 3 });
});

test("E11 GitLab's merge requests, and an answer that only a hook has reported", async () => {
  const merge = "https://gitlab.example.com/dev/tools/app/-/merge_requests/12";
  session("S1", "oven", [["glab mr create --fill", `!12 Oven (oven)\n ${merge}\n`]]);
  session("S2", "oven", [["ls", "a"]]);
  session("S3", "tap", [["gh pr create --fill", URL_OF(5)]]);
  const payload = {
    hook_event_name: "PostToolUse",
    session_id: "S3",
    cwd: "/w/app",
    tool_name: "Bash",
    tool_use_id: "toolu_S3_0",
    tool_input: { command: "gh pr create --fill" },
    tool_response: { stdout: `see also ${URL_OF(5)}\n`, stderr: "", interrupted: false },
  };
  appendRecords(world.config.data_dir, [spoolRecord("e-1", payload)]);
  expect(await groups("pr", { texts: false })).toEqual({ [URL_OF(5)]: 1, "": 2 });
  expect(await groups("pr")).toEqual({ [merge]: 2, [URL_OF(5)]: 1 });
});

test("E10 the command line adds up to the same total, by day and branch", async () => {
  session("S1", "main", [
    ["ls", "a"],
    ["ls", "a", "fix"],
    ["gh pr create --fill", URL_OF(6), "fix"],
  ]);
  await groups("branch");
  const env = { PATH: process.env.PATH, HOME: world.home, HALL_TIME_ZONE: "UTC" };
  const cli = (...args: string[]) => toEnd(join(ROOT, "cli/main.ts"), args, { cwd: world.home, env });
  const total = JSON.parse((await cli("daily", "--json")).stdout).data.total;
  for (const [by, names] of [
    ["branch", ["fix", "main"]],
    ["pr", [URL_OF(6)]],
  ] as const) {
    const { data } = JSON.parse((await cli("weekly", "--by", by, "--json")).stdout);
    expect(data.rows.map((r: { group: string }) => r.group)).toEqual([...names]);
    expect([data.group_by, data.total]).toEqual([by, total]);
    expect(data.rows.reduce((n: number, r: { cost_nano_usd: number }) => n + r.cost_nano_usd, 0)).toBe(
      total.cost_nano_usd,
    );
  }
  const shown = await cli("daily", "--by", "branch");
  expect([shown.code, shown.stdout]).toEqual([0, expect.stringMatching(/2026-11-01\s+fix\s+2 /)]);
  expect((await cli("daily", "--by", "branch", "--breakdown")).code).toBe(64);
  expect((await cli("daily", "--by", "author")).code).toBe(64);
});
