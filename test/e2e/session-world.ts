import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { prompt, response, type World } from "./page-rig.ts";

const [SECOND, DAY] = [1000, 86_400_000];
/** Markup, a handler, a bidirectional override and a terminal's escape. */
export const PAYLOAD = `<img src=x onerror="document.title='hacked'">\u202Etxt.exe\u001b[31m`;
export const WORK = "11111111-6f1c-4a55-9d0e-1c2d3e4f5a6b";

/** Each view that has something to show in this world. */
export const VIEWS = [
  "/",
  "/sessions",
  `/sessions/claude:${WORK}`,
  `/sessions/claude:${WORK}?tab=requests`,
  "/costs?range=7d",
  "/costs?tab=cache&range=7d",
  "/limits",
  "/limits?range=7d",
  "/tools?range=30d",
  "/events",
  "/health",
];
export const HOSTILE = "22222222-6f1c-4a55-9d0e-1c2d3e4f5a6b";
export const LONG = "33333333-6f1c-4a55-9d0e-1c2d3e4f5a6b";

const CALL_USAGE = {
  input_tokens: 1000,
  output_tokens: 100,
  cache_read_input_tokens: 500,
  cache_creation_input_tokens: 0,
};

/** A response that calls a tool, and what the tool gave, a second later. */
function call(
  session: string,
  id: string,
  at: number,
  name: string,
  input: object,
  output: string,
  isError = false,
) {
  const content = [{ type: "tool_use", id: `toolu_${id}`, name, input }];
  const toolUse = response(session, id, at, { content, stop_reason: "tool_use", usage: CALL_USAGE });
  const answered = {
    ...prompt(session, `r-${id}`, at + SECOND, ""),
    message: {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: `toolu_${id}`, content: output, is_error: isError }],
    },
  };
  return [toolUse, answered];
}

/** Agents' own transcripts lie beside their session's. */
const agentPath = (world: World, session: string, name: string) =>
  join(world.dir, "claude/projects/-work-shop", session, "subagents", `agent-${name}`);

/** What the client notes of an agent when it starts it. */
function agentMeta(world: World, session: string, agent: string, meta: object): void {
  const path = agentPath(world, session, `${agent}.meta.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(meta));
}

function agentFile(world: World, session: string, agent: string, lines: object[]): void {
  const path = agentPath(world, session, `${agent}.jsonl`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    lines.map((line) => `${JSON.stringify({ ...line, agentId: agent, isSidechain: true })}\n`).join(""),
  );
}

/** One session with all that can happen, one of hostile text, and one a day for `days` days. */
export function writeSessions(world: World, now: number, days = 30): void {
  const from = now - 3_600_000;
  world.transcript(`${WORK}.jsonl`, [
    prompt(WORK, "1", from, "Find out why the zebra checkout fails"),
    ...call(
      WORK,
      "a",
      from + 2 * SECOND,
      "Bash",
      { command: "make test" },
      "exit 2: the basket is empty",
      true,
    ),
    ...call(
      WORK,
      "b",
      from + 6 * SECOND,
      "Read",
      { file_path: "/src/basket.ts" },
      `line\n${"x".repeat(3000)}`,
    ),
    ...call(
      WORK,
      "task",
      from + 10 * SECOND,
      "Task",
      { description: "look at the logs", subagent_type: "Explore", prompt: "logs" },
      "the logs are clean",
    ),
    response(WORK, "c", from + 40 * SECOND, {
      content: [
        { type: "thinking", thinking: "Perhaps the walrus rounding is wrong. ".repeat(20), signature: "s" },
        { type: "text", text: "The quokka discount was applied twice." },
      ],
    }),
    prompt(WORK, "2", from + 60 * SECOND, "Then mend it"),
    ...call(WORK, "d", from + 62 * SECOND, "Edit", { file_path: "/src/basket.ts" }, "String not found", true),
    response(WORK, "e", from + 70 * SECOND),
  ]);
  agentMeta(world, WORK, "aaa1", {
    agentType: "Explore",
    description: "look at the logs",
    toolUseId: "toolu_task",
    spawnDepth: 1,
  });
  agentFile(world, WORK, "aaa1", [
    response(WORK, "sub1", from + 12 * SECOND),
    ...call(WORK, "sub2", from + 14 * SECOND, "Bash", { command: "cat app.log" }, "nothing here"),
    response(WORK, "sub3", from + 20 * SECOND),
  ]);
  const hostile = { gitBranch: PAYLOAD, cwd: `/home/dev/${PAYLOAD.replaceAll("/", "")}` };
  world.transcript(`${HOSTILE}.jsonl`, [
    { ...prompt(HOSTILE, "3", from, PAYLOAD), ...hostile },
    ...call(HOSTILE, "h", from + SECOND, PAYLOAD, { command: PAYLOAD }, PAYLOAD, true).map((line) => ({
      ...line,
      ...hostile,
    })),
    {
      ...response(HOSTILE, "i", from + 3 * SECOND, {
        model: "<b>model</b>",
        content: [{ type: "text", text: PAYLOAD }],
      }),
      ...hostile,
    },
    { ...prompt(HOSTILE, "4", from + 5 * SECOND, "w".repeat(5000)), ...hostile },
  ]);
  for (let n = 1; n <= days; n++) {
    const id = `day-${n}`;
    world.transcript(`${id}.jsonl`, [
      prompt(id, id, now - n * DAY, `Work of day ${n}`),
      response(id, id, now - n * DAY + SECOND, { usage: { input_tokens: 100 * n, output_tokens: 10 } }),
    ]);
  }
}

/** So many requests, each with a call, of which every hundredth failed. */
export function writeLongSession(world: World, now: number, requests: number): void {
  const lines: object[] = [];
  const from = now - requests * 4 * SECOND;
  for (let n = 0; n < requests; n++) {
    const at = from + n * 4 * SECOND;
    if (n % 50 === 0)
      lines.push(prompt(LONG, `long-${n}`, at - SECOND, `Step ${n}: go on with the long work`));
    lines.push(...call(LONG, `L${n}`, at, "Bash", { command: `step ${n}` }, `done ${n}`, n % 100 === 99));
  }
  world.transcript(`${LONG}.jsonl`, lines);
}
