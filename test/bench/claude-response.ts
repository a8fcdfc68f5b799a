import * as lines from "./claude-lines.ts";
import { chain, step, type Thread, type World } from "./claude-thread.ts";
import { addBilled, type Tokens } from "./truth.ts";

const DAY_MS = 86_400_000;
const TOOLS = ["Bash", "Bash", "Read", "Read", "Edit", "Grep", "Write", "TodoWrite"];

export function bill(world: World, thread: Thread): Tokens {
  const { random } = world;
  const created = random.sized(900, 1.1, 60_000);
  const long = random.chance(0.3) ? random.int(0, created) : 0;
  const tokens = {
    uncached_input_tokens: random.int(1, 12),
    cache_creation_5m_input_tokens: created - long,
    cache_creation_1h_input_tokens: long,
    cache_read_input_tokens: thread.context,
    output_tokens: random.sized(220, 1.2, 16_000),
    reasoning_output_tokens: 0,
  };
  thread.context += created;
  if (thread.context > 160_000) thread.context = random.int(20_000, 40_000);
  return tokens;
}

/** A response must not cross midnight, or its lines would name two days. */
function avoidMidnight(thread: Thread): void {
  const rest = DAY_MS - (thread.time % DAY_MS);
  if (rest < 120_000) thread.time += rest + 1000;
}

/** One response: a line per content block with the same usage, then a line per tool result. Returns bytes of sub-agents. */
export function respond(world: World, thread: Thread, isLast: boolean, folder: string, room: number): number {
  const { random, text, truth } = world;
  const { file } = thread;
  avoidMidnight(thread);
  const request_ref = random.uuid();
  if (file.version === lines.NEW_CLIENT && !file.agent_id)
    thread.write(
      lines.apiRequestLine(
        file,
        request_ref,
        step(world, thread, 50),
        thread.model,
        random.hex(64),
        thread.requests,
        text(300),
      ),
    );
  const tokens = bill(world, thread);
  const response = {
    message_id: `msg_01${random.hex(22)}`,
    request_id: `req_011${random.hex(21)}`,
    request_ref,
    model: thread.model,
    tokens,
  };
  const tools = isLast
    ? []
    : Array.from({ length: random.chance(0.15) ? random.int(2, 3) : 1 }, () => `toolu_01${random.hex(22)}`);
  const blocks: string[] = [];
  if (random.chance(0.35))
    blocks.push(
      `{"type":"thinking","thinking":"${text(random.sized(500, 1, 8000))}","signature":"${random.hex(300)}"}`,
    );
  if (isLast || random.chance(0.5))
    blocks.push(`{"type":"text","text":"${text(random.sized(350, 1, 12_000))}"}`);
  const names = tools.map(() => random.pick(TOOLS));
  const starts = !file.agent_id && tools.length > 0 && room > 60_000 && random.chance(0.02);
  if (starts) names[0] = "Agent";
  for (const [i, id] of tools.entries())
    blocks.push(
      `{"type":"tool_use","id":"${id}","name":"${names[i]}","input":${toolInput(world, names[i]!)}}`,
    );
  writeBlocks(world, thread, response, blocks, isLast);
  addBilled(truth, { source: "claude", model: thread.model, time_unix_ms: thread.time, tokens });
  truth.tool_calls.claude += tools.length;
  thread.requests++;
  let agentBytes = 0;
  for (const [i, id] of tools.entries()) agentBytes += toolResult(world, thread, id, names[i]!, folder, room);
  return agentBytes;
}

function writeBlocks(
  world: World,
  thread: Thread,
  response: lines.Response,
  blocks: string[],
  isLast: boolean,
): void {
  const { random, truth } = world;
  for (const [block, content] of blocks.entries()) {
    const unfinished = thread.streams && block < blocks.length - 1;
    const time = step(world, thread, 3000);
    const output = unfinished
      ? Math.min(response.tokens.output_tokens, random.int(1, 8))
      : response.tokens.output_tokens;
    const stop = unfinished ? "" : isLast ? "end_turn" : "tool_use";
    const line = lines.assistantLine(
      thread.file,
      { ...chain(world, thread), time, block, output, stop },
      response,
      content,
    );
    if (random.chance(0.0004)) {
      thread.write(tear(world, line));
      truth.rejects.claude++;
    }
    thread.write(line);
  }
}

/** What a crash leaves behind: half a line, half a line with the next one glued to it, a hole of zeros. */
function tear(world: World, line: string): string {
  const half = line.slice(0, Math.floor(line.length / 2)).replace(/\}+$/, "");
  const kind = world.random.int(0, 2);
  if (kind === 0) return half;
  return kind === 1 ? `${half.slice(0, 100)}${line}` : "\0".repeat(512);
}

function toolInput(world: World, name: string): string {
  const { random, text } = world;
  if (name === "Bash")
    return `{"command":"bun test src/${random.hex(5)}.test.ts && git status --short","description":"Run one test"}`;
  if (name === "Read") return `{"file_path":"/home/dev/shop/src/${random.hex(6)}.ts","limit":400}`;
  if (name === "Grep") return `{"pattern":"total\\\\(","path":"/home/dev/shop/src","output_mode":"content"}`;
  if (name === "Agent")
    return `{"subagent_type":"general-purpose","description":"Count the files","prompt":"${text(800)}"}`;
  if (name === "TodoWrite") return `{"todos":[{"content":"${text(80)}","status":"pending"}]}`;
  return `{"file_path":"/home/dev/shop/src/${random.hex(6)}.ts","old_string":"${text(400)}","new_string":"${text(500)}"}`;
}

/** The output is in the line twice, once for the model and once for the client, as in real files. */
function toolResult(
  world: World,
  thread: Thread,
  tool_use_id: string,
  name: string,
  folder: string,
  room: number,
): number {
  const { random, text } = world;
  if (name === "Agent") return world.startAgent(thread, tool_use_id, folder, room);
  const is_error = random.chance(0.04);
  const output = text(random.chance(0.0003) ? 1_500_000 : random.sized(1600, 1.5, 60_000));
  const full = is_error
    ? `"Error: ${output}"`
    : name === "Bash"
      ? `{"stdout":"${output}","stderr":"","interrupted":false,"isImage":false,"noOutputExpected":false}`
      : `{"type":"text","file":{"filePath":"/home/dev/shop/src/a.ts","content":"${output}","numLines":40,"startLine":1,"totalLines":40}}`;
  const at = { ...chain(world, thread), time: step(world, thread, 8000), promptId: thread.promptId };
  thread.write(
    lines.toolResultLine(thread.file, at, { tool_use_id, content: `"${output}"`, is_error, full }),
  );
  return 0;
}
