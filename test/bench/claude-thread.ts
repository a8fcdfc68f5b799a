import * as lines from "./claude-lines.ts";
import type { Random } from "./random.ts";
import type { Truth } from "./truth.ts";

const MODELS = [
  "claude-opus-5-5",
  "claude-opus-5-5",
  "claude-sonnet-5-5",
  "claude-opus-4-5-20251101",
  "claude-haiku-4-5-20251001",
];

const ATTACHMENTS = [
  "environment",
  "model",
  "deferred_tools_delta",
  "agent_listing_delta",
  "skill_listing",
  "instructions",
  "session_context",
  "date",
];

/** Everything one generator run shares. */
export type World = {
  random: Random;
  text: (bytes: number) => string;
  truth: Truth;
  projects: string;
  /** Median size of a session's transcript. */
  session_bytes: number;
  /** Writes the sub-agent that a tool call starts, and the call's result; returns the sub-agent's bytes. */
  startAgent(thread: Thread, tool_use_id: string, folder: string, room: number): number;
};

export type Thread = {
  file: lines.FileFacts;
  model: string;
  time: number;
  parent: string;
  promptId: string;
  /** Context the next response reads from the cache. */
  context: number;
  requests: number;
  /** Old clients: the first lines of a response carry a first guess of its output. */
  streams: boolean;
  write(line: string): void;
};

export function newThread(
  world: World,
  file: lines.FileFacts,
  time: number,
  write: (line: string) => void,
): Thread {
  const { random } = world;
  return {
    file,
    model: random.pick(MODELS),
    time,
    parent: "",
    promptId: random.uuid(),
    context: random.int(14_000, 24_000),
    requests: 0,
    streams: file.version !== lines.NEW_CLIENT && random.chance(0.3),
    write,
  };
}

export function step(world: World, thread: Thread, ms: number): string {
  thread.time += world.random.int(1, ms);
  return new Date(thread.time).toISOString();
}

export function chain(world: World, thread: Thread): { parent: string; uuid: string } {
  const link = { parent: thread.parent, uuid: world.random.uuid() };
  thread.parent = link.uuid;
  return link;
}

export function opening(world: World, thread: Thread): void {
  const { text, random } = world;
  const { file } = thread;
  if (file.agent_id) return;
  thread.write(lines.smallLine("mode", file.session_id, `"mode":"normal"`));
  thread.write(lines.smallLine("permission-mode", file.session_id, `"permissionMode":"default"`));
  if (file.version !== lines.NEW_CLIENT) return;
  for (const kind of ATTACHMENTS) {
    const link = chain(world, thread);
    thread.write(
      lines.attachmentLine(
        file,
        link.parent,
        link.uuid,
        step(world, thread, 5),
        kind,
        text(random.int(200, 3000)),
      ),
    );
  }
  thread.write(lines.apiShapeLine(file, step(world, thread, 5), random.hex(64), text(60_000)));
}

export function prompt(world: World, thread: Thread): void {
  const { random, text } = world;
  const { file } = thread;
  thread.promptId = random.uuid();
  const time = step(world, thread, 240_000);
  if (!file.agent_id) thread.write(lines.snapshotLine(random.uuid(), time, backups(world)));
  const link = chain(world, thread);
  const words = text(random.sized(300, 1.2, 20_000));
  thread.write(lines.promptLine(file, link.parent, link.uuid, time, thread.promptId, words));
  if (!file.agent_id)
    thread.write(
      lines.smallLine("last-prompt", file.session_id, `"lastPrompt":"${words.slice(0, words.indexOf(" "))}"`),
    );
}

function backups(world: World): string {
  const count = world.random.int(0, 6);
  const one = () =>
    `"/home/dev/shop/src/${world.random.hex(6)}.ts":{"backupFileName":"${world.random.hex(16)}@v1","version":1,"backupTime":"2026-11-20T17:51:54.358Z"}`;
  return Array.from({ length: count }, one).join(",");
}

export function closing(world: World, thread: Thread): void {
  const { file } = thread;
  const link = chain(world, thread);
  const time = step(world, thread, 30);
  thread.write(
    lines.systemLine(
      file,
      link.parent,
      link.uuid,
      time,
      "turn_duration",
      `"durationMs":${world.random.int(900, 400_000)},"messageCount":${thread.requests * 2}`,
    ),
  );
  thread.write(lines.smallLine("permission-mode", file.session_id, `"permissionMode":"default"`));
  if (file.version === lines.NEW_CLIENT)
    thread.write(
      lines.smallLine(
        "cost-state",
        file.session_id,
        `"totalCostUSD":1.25,"modelUsage":{"${thread.model}":{"inputTokens":296,"outputTokens":776,"costUSD":1.25}}`,
      ),
    );
}
