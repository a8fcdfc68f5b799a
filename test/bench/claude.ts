import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as lines from "./claude-lines.ts";
import { bill, respond } from "./claude-response.ts";
import {
  chain,
  closing,
  newThread,
  opening,
  prompt,
  step,
  type Thread,
  type World,
} from "./claude-thread.ts";
import { createLineFile } from "./file.ts";

const FIRST_DAY_UNIX_MS = Date.UTC(2026, 8, 1);

const DAYS = 80;

const DAY_MS = 86_400_000;

const FORK_COPY_CHARS = 8_000_000;

/** One session: its transcript, the sub-agents it starts and, now and then, a fork of it. */
export function writeSession(world: World, budget: number): number {
  const { random, truth } = world;
  const cwd = `/home/dev/${random.pick(["shop", "api", "docs", "game-engine", "infra"])}-${random.int(1, 12)}`;
  const folder = join(world.projects, cwd.replaceAll(/[^A-Za-z0-9]/g, "-"));
  const version = random.chance(0.65) ? lines.NEW_CLIENT : "2.1.197";
  const target = Math.min(budget, Math.max(20_000, random.sized(world.session_bytes, 1.1, 24_000_000)));
  const kept: string[] | undefined = random.chance(0.08) && target < FORK_COPY_CHARS ? [] : undefined;
  const facts = lines.fileFacts(random.uuid(), "", cwd, version);
  const start = FIRST_DAY_UNIX_MS + random.int(0, DAYS - 1) * DAY_MS + random.int(0, DAY_MS - 1);
  let written = writeThread(world, folder, facts, start, target, kept);
  truth.sessions.claude++;
  if (kept && budget > written + target) written += writeFork(world, folder, facts, start, kept);
  return written;
}

function writeThread(
  world: World,
  folder: string,
  facts: lines.FileFacts,
  start: number,
  target: number,
  kept?: string[],
): number {
  const path = facts.agent_id
    ? join(folder, facts.session_id, "subagents", `agent-${facts.agent_id}.jsonl`)
    : join(folder, `${facts.session_id}.jsonl`);
  const out = createLineFile(path);
  let chars = 0;
  let agentBytes = 0;
  const thread = newThread(world, facts, start, (line) => {
    out.write(line);
    kept?.push(line);
    chars += line.length + 1;
  });
  opening(world, thread);
  // At least one turn: what opens a session may be larger than its target, and is no session by itself.
  do {
    prompt(world, thread);
    const rounds = world.random.int(1, 25);
    for (let i = 0; i < rounds && (i === 0 || chars < target); i++)
      agentBytes += respond(world, thread, i === rounds - 1, folder, target - chars - agentBytes);
    if (!facts.agent_id) closing(world, thread);
  } while (chars + agentBytes < target);
  return finish(world, out) + agentBytes;
}

function finish(world: World, out: ReturnType<typeof createLineFile>): number {
  const closed = out.close();
  world.truth.files.claude++;
  world.truth.bytes.claude += closed.bytes;
  world.truth.lines.claude += closed.lines;
  return closed.bytes;
}

export function startAgent(
  world: World,
  thread: Thread,
  tool_use_id: string,
  folder: string,
  room: number,
): number {
  const { random, text, truth } = world;
  const agent_id = `a${random.hex(16)}`;
  const { session_id, cwd, version } = thread.file;
  const facts = lines.fileFacts(session_id, agent_id, cwd, version);
  const target = Math.min(Math.floor(room / 2), random.sized(120_000, 0.9, 2_000_000));
  const bytes = writeThread(world, folder, facts, thread.time, target);
  const meta = join(folder, session_id, "subagents", `agent-${agent_id}.meta.json`);
  mkdirSync(join(folder, session_id, "subagents"), { recursive: true });
  writeFileSync(
    meta,
    `{"agentType":"general-purpose","description":"Count the files","toolUseId":"${tool_use_id}","spawnDepth":1}`,
  );
  truth.agents.claude++;
  const report = text(2000);
  const lastUsage = lines.usage({ ...bill(world, { ...thread }) }, 50, version === lines.NEW_CLIENT);
  const full = `{"status":"completed","prompt":"${text(800)}","agentId":"${agent_id}","agentType":"general-purpose","content":[{"type":"text","text":"${report}"}],"totalDurationMs":272000,"totalTokens":11280,"totalToolUseCount":2,"usage":${lastUsage}}`;
  const at = { ...chain(world, thread), time: step(world, thread, 300_000), promptId: thread.promptId };
  thread.write(
    lines.toolResultLine(thread.file, at, {
      tool_use_id,
      content: `[{"type":"text","text":"${report}"}]`,
      is_error: false,
      full,
    }),
  );
  return bytes;
}

/** A fork copies every line under its own session id; the new client names the session that sent the request. */
function writeFork(
  world: World,
  folder: string,
  parent: lines.FileFacts,
  start: number,
  kept: string[],
): number {
  const { random, truth } = world;
  truth.forks.claude++;
  const facts = lines.fileFacts(random.uuid(), "", parent.cwd, parent.version);
  const out = createLineFile(join(folder, `${facts.session_id}.jsonl`));
  const owner = parent.version === lines.NEW_CLIENT ? `,"requestSessionId":"${parent.session_id}"}` : "}";
  for (const line of kept) {
    // A torn line is not copied: a fork writes what the client has in memory.
    if (line[0] !== "{" || !line.endsWith("}") || line.indexOf('{"parentUuid"', 1) > 0) continue;
    const moved = line.replaceAll(parent.session_id, facts.session_id);
    out.write(moved.includes('"type":"assistant"') ? `${moved.slice(0, -1)}${owner}` : moved);
  }
  const thread = newThread(world, facts, start + 3 * 3_600_000, (line) => out.write(line));
  prompt(world, thread);
  for (let i = 0; i < 5; i++) respond(world, thread, i === 4, folder, 0);
  truth.sessions.claude++;
  return finish(world, out);
}
