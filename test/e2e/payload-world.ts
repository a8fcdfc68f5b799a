import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { prompt, response, type World } from "./page-rig.ts";

const SECOND = 1000;
export const HOSTILE_SESSION = "11111111-6f1c-4a55-9d0e-1c2d3e4f5a6b";
const NAMED_SESSION = "22222222-6f1c-4a55-9d0e-1c2d3e4f5a6b";
const FIXTURES = join(import.meta.dir, "../fixtures");
const LONG_WORD = "w".repeat(10_000);
/** As long as the name of a folder can be, with the rest of a payload. */
const WIDE_WORD = "w".repeat(100);

/** The beginning of every payload, so that the page can search for each. One word for the search. */
export const markOf = (name: string) => `qx${name}xq`;

/**
 * Markup with a handler, the end of a script, quotes, an address that runs, overrides of the direction that nothing
 * ends, and the escapes that a terminal obeys.
 */
const ATTACK = `"'><img src=x onerror="ran()"></script><script>ran()</script>\`\${ran()}\`javascript:ran()\u202etxt.exe\u2066\u001b[31m\u001b]0;owned\u0007`;
const flat = (text: string) => text.replaceAll("/", "");

export type Payloads = {
  /** The names of all that was planted. */
  names: Set<string>;
  /** What is chosen by its name, such as a tool. */
  of(name: string): string;
  /** What is written, such as a prompt: longer than any line, and with a character that no parameter takes. */
  long(name: string): string;
  /** The name of a file or folder. */
  file(name: string): string;
};

export function createPayloads(): Payloads {
  const names = new Set<string>();
  const of = (name: string) => {
    names.add(name);
    return `${markOf(name)}${ATTACK}`;
  };
  return {
    names,
    of,
    long: (name) => `${of(name)}\0${LONG_WORD}`,
    file: (name) => `${flat(of(name))}${WIDE_WORD}`,
  };
}

/** A call of a tool and its result, as the client writes both. */
function call(
  session: string,
  id: string,
  at: number,
  name: string,
  input: object,
  result: string,
): object[] {
  const content = [{ type: "tool_use", id: `toolu_${id}`, name, input }];
  const answered = { type: "tool_result", tool_use_id: `toolu_${id}`, content: result, is_error: true };
  return [
    response(session, `call-${id}`, at, { content, stop_reason: "tool_use" }),
    {
      ...prompt(session, `r-${id}`, at + SECOND, ""),
      promptId: "prompt-1",
      message: { role: "user", content: [answered] },
    },
  ];
}

/** A transcript of which every field that a person, a project or a server names is a payload. */
export function writeTranscript(world: World, p: Payloads, now: number): void {
  const id = HOSTILE_SESSION;
  const from = now - 600 * SECOND;
  const failing = (n: number) =>
    call(
      id,
      `again${n}`,
      from + (30 + n * 5) * SECOND,
      "Bash",
      { command: p.long("command") },
      p.long("error"),
    );
  const skilled = {
    attributionSkill: p.of("skill"),
    attributionPlugin: p.of("plugin"),
    attributionAgent: p.of("agenttype"),
    attributionMcpServer: p.of("requestserver"),
    attributionMcpTool: p.of("requesttool"),
    effort: p.of("effort"),
  };
  const usage = {
    input_tokens: 90_000,
    output_tokens: 100,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 90_000,
    service_tier: p.of("tier"),
    inference_geo: p.of("geo"),
    speed: p.of("speed"),
  };
  const lines: object[] = [
    prompt(id, "1", from, p.long("prompt")),
    { ...response(id, "skilled", from + SECOND, { usage }), ...skilled },
    { ...response(id, "missed", from + 700 * SECOND - SECOND * 150, { usage }), ...skilled },
    response(id, "model", from + 3 * SECOND, { model: p.of("model") }),
    { ...response(id, "ids", from + 4 * SECOND, { id: p.of("responseid") }), requestId: p.of("requestid") },
    ...call(id, "tool", from + 5 * SECOND, p.of("tool"), { command: p.of("input") }, p.of("output")),
    ...call(
      id,
      "mcp",
      from + 9 * SECOND,
      `mcp__${flat(p.of("server"))}__${flat(p.of("servertool"))}`,
      {},
      "no",
    ),
    ...call(id, "skilltool", from + 13 * SECOND, "Skill", { skill: p.of("skillname") }, "no such skill"),
    ...call(
      id,
      "task",
      from + 17 * SECOND,
      "Task",
      { description: p.of("task"), subagent_type: p.of("tasktype") },
      "x",
    ),
    ...[0, 1, 2, 3].flatMap(failing),
    {
      ...response(id, "words", from + 60 * SECOND, {
        content: [
          { type: "thinking", thinking: p.of("thinking"), signature: "s" },
          { type: "text", text: p.long("answer") },
        ],
      }),
    },
    {
      type: "system",
      subtype: "api_error",
      sessionId: id,
      uuid: "e1",
      timestamp: new Date(from + 70 * SECOND).toISOString(),
      error: { message: p.of("apierror"), status: 529 },
    },
    {
      type: "system",
      subtype: "compact_boundary",
      sessionId: id,
      uuid: "c1",
      timestamp: new Date(from + 75 * SECOND).toISOString(),
      compactMetadata: { trigger: p.of("trigger"), preTokens: 150_000 },
    },
    { type: p.of("linekind"), sessionId: id, timestamp: new Date(from + 80 * SECOND).toISOString() },
    { type: "custom-title", customTitle: p.long("title"), sessionId: id },
  ];
  const of = {
    cwd: `/home/dev/${p.file("project")}`,
    gitBranch: `${p.of("branch")}${WIDE_WORD}`,
    version: p.of("version"),
    entrypoint: p.of("entrypoint"),
  };
  world.transcript(
    `${p.file("path")}.jsonl`,
    lines.map((line) => ({ ...line, ...of })),
  );
  const broken = join(world.dir, "claude/projects/-work-shop", `${p.file("broken")}.jsonl`);
  writeFileSync(broken, `{"type":"assistant","${p.of("rejected")}\n`);
  const agent = join(world.dir, "claude/projects/-work-shop", id, "subagents");
  mkdirSync(agent, { recursive: true });
  const meta = {
    agentType: p.of("agentname"),
    description: p.of("agentwork"),
    toolUseId: "toolu_task",
    spawnDepth: 1,
  };
  writeFileSync(join(agent, "agent-a2.meta.json"), JSON.stringify(meta));
  const line = { ...response(id, "agent", from + 20 * SECOND), agentId: "a2", isSidechain: true, ...of };
  writeFileSync(join(agent, "agent-a2.jsonl"), `${JSON.stringify(line)}\n`);
}

/** Names that every object of the language has: a table that is kept in one would find what is not there. */
export function writeInherited(world: World, now: number): void {
  const from = now - 500 * SECOND;
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const lines = names.flatMap((name, n): object[] => {
    const at = from + n * 20 * SECOND;
    const of = {
      gitBranch: name,
      cwd: `/home/dev/${name}`,
      attributionSkill: name,
      attributionAgent: name,
      attributionMcpServer: name,
      effort: name,
    };
    return [
      prompt(NAMED_SESSION, `named-${n}`, at, name),
      response(NAMED_SESSION, `named-${n}`, at + SECOND, { model: name }),
      ...call(NAMED_SESSION, `named-${n}`, at + 2 * SECOND, name, { command: name }, name),
      ...call(NAMED_SESSION, `mcp-${n}`, at + 5 * SECOND, `mcp__${name}__${name}`, {}, name),
    ].map((line) => ({ ...line, ...of }));
  });
  world.transcript(`${NAMED_SESSION}.jsonl`, lines);
}

/** Of a record of Codex these are its structure; every other text in it is a name or words. */
const STRUCTURE =
  /^(?:type|timestamp|role|status|source|thread_source|history_mode|.*_version|.*_id|id|.*_kind|mode|turn_trigger|arguments|output|balance|cwd)$/;

/** A recorded rollout with a payload in each of its texts, of a minute ago. */
export function writeRollout(world: World, p: Payloads, now: number): void {
  const name = "rollout-2026-11-20T17-51-57-01a1fa16-25bc-7991-bd39-e8ed252fc5a1.jsonl";
  const recorded = readFileSync(join(FIXTURES, "codex/home/sessions/2026/11/20", name), "utf8")
    .trim()
    .split("\n");
  const times = recorded.map((line) => Date.parse((JSON.parse(line) as { timestamp: string }).timestamp));
  const moved = (time: string) =>
    new Date(Date.parse(time) + now - 60 * SECOND - Math.max(...times)).toISOString();
  const plant = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map((one) => plant(one, key));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plant(v, k)]));
    if (key === "resets_at") return Math.round(now / SECOND) + 3600;
    if (typeof value !== "string" || value === "") return value;
    if (key === "timestamp") return moved(value);
    if (key === "limit_id") return p.of("limitid");
    if (key === "cwd") return `/home/dev/${p.file("codexproject")}`;
    return STRUCTURE.test(key) ? value : `${value} ${p.of(`codex${key.replaceAll("_", "")}`)}`;
  };
  const path = join(
    world.dir,
    ".codex/sessions",
    moved(recorded[0] && JSON.parse(recorded[0]).timestamp)
      .slice(0, 10)
      .replaceAll("-", "/"),
    name,
  );
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, recorded.map((line) => `${JSON.stringify(plant(JSON.parse(line), ""))}\n`).join(""));
}
