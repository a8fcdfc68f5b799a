import { join } from "node:path";
import type { Meta, Mode } from "./codex-lines.ts";
import { type CodexWorld, newRollout, opening, type Rollout, threadId } from "./codex-rollout.ts";
import { turn } from "./codex-turn.ts";
import { createLineFile } from "./file.ts";

const DAY_MS = 86_400_000;
const FIRST_DAY_UNIX_MS = Date.UTC(2026, 8, 1);

/** One thread's file, the sub-agents it spawns and, for some legacy ones, a fork that copies it. */
export function writeRollout(world: CodexWorld, budget: number, parent?: Meta): number {
  const { random, truth } = world;
  const mode: Mode = parent || random.chance(0.75) ? "paginated" : random.chance(0.8) ? "old" : "legacy";
  const thread_id = threadId(random);
  const meta: Meta = {
    thread_id,
    session_id: parent?.session_id ?? thread_id,
    cwd: parent?.cwd ?? "/home/dev/shop",
    mode,
  };
  if (parent) meta.parent_thread = parent.thread_id;
  const kept: string[] = [];
  const start = FIRST_DAY_UNIX_MS + random.int(0, 79) * DAY_MS + random.int(0, DAY_MS - 1);
  const target = Math.min(budget, Math.max(30_000, random.sized(world.rollout_bytes, 0.9, 24_000_000)));
  const out = createLineFile(rolloutPath(world, start, thread_id));
  let chars = 0;
  const rollout = newRollout(world, meta, start, (line) => {
    out.write(line);
    chars += line.length + 1;
    if (mode === "legacy") kept.push(line);
  });
  opening(world, rollout);
  while (chars < target) turn(world, rollout, () => chars < target);
  let bytes = finish(world, out);
  if (parent) truth.agents.codex++;
  else if (budget > bytes + 200_000 && mode === "paginated" && random.chance(0.06))
    bytes += writeRollout(world, Math.floor(budget / 4), meta);
  if (mode === "legacy" && bytes < 4_000_000 && random.chance(0.5)) bytes += writeFork(world, rollout, kept);
  return bytes;
}

function rolloutPath(world: CodexWorld, unixMs: number, thread: string): string {
  const stamp = new Date(unixMs).toISOString().slice(0, 19);
  const [day, clock] = stamp.split("T") as [string, string];
  return join(
    world.sessions,
    ...day.split("-"),
    `rollout-${day}T${clock.replaceAll(":", "-")}-${thread}.jsonl`,
  );
}

function finish(world: CodexWorld, out: ReturnType<typeof createLineFile>): number {
  const closed = out.close();
  world.truth.files.codex++;
  world.truth.sessions.codex++;
  world.truth.bytes.codex += closed.bytes;
  world.truth.lines.codex += closed.lines;
  return closed.bytes;
}

/** A legacy fork copies every line with the time of the fork; the copied records keep the parent's thread. */
function writeFork(world: CodexWorld, parent: Rollout, kept: string[]): number {
  const { random } = world;
  world.truth.forks.codex++;
  const thread_id = threadId(random);
  const meta: Meta = { ...parent.meta, thread_id, session_id: thread_id, forked_from: parent.meta.thread_id };
  const time = parent.time + 60_000;
  const out = createLineFile(rolloutPath(world, time, thread_id));
  const fork: Rollout = {
    ...newRollout(world, meta, time, (line) => out.write(line)),
    model: parent.model,
    counted: parent.counted,
    context: parent.context,
  };
  opening(world, fork);
  const stamp = new Date(fork.time).toISOString();
  for (const line of kept)
    if (line.endsWith("}")) out.write(`{"timestamp":"${stamp}"${line.slice(line.indexOf(","))}`);
  turn(world, fork, () => true);
  return finish(world, out);
}
