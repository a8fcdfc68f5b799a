import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startAgent, writeSession } from "./claude.ts";
import type { World } from "./claude-thread.ts";
import { writeRollout } from "./codex.ts";
import { createRandom, createText } from "./random.ts";
import { createTruth, type Parameters, type Truth } from "./truth.ts";

/** Raised when the same parameters give other bytes than before. */
const GENERATOR_VERSION = 2;

/** More than the largest rollout, so that no file is cut short. */
const ROLLOUT_ROOM = 100_000_000;

export type Options = {
  seed: number;
  /** Of both sources together; reached to within one file. */
  bytes: number;
  /** Part of the bytes that Codex gets, 0 to 1. */
  codexShare: number;
  /** Median size of a rollout. */
  rolloutBytes?: number;
  /** Goes on until there are as many rollouts, however many bytes that takes. */
  rollouts?: number;
};

/** Writes `claude/projects`, `codex/sessions` and `truth.json` below `dir`, or finds them written already. */
export function generate(dir: string, options: Options): Truth {
  const { seed, bytes, codexShare: codex_share } = options;
  const parameters: Parameters = {
    version: GENERATOR_VERSION,
    seed,
    bytes,
    codex_share,
    rollout_bytes: options.rolloutBytes ?? 900_000,
    ...(options.rollouts === undefined ? {} : { rollouts: options.rollouts }),
  };
  const existing = readTruth(dir);
  if (existing && JSON.stringify(existing.parameters) === JSON.stringify(parameters)) return existing;
  for (const part of ["claude", "codex", "truth.json"])
    rmSync(join(dir, part), { recursive: true, force: true });
  const random = createRandom(seed);
  const text = createText(random);
  const truth = createTruth(parameters);
  const projects = join(dir, "claude", "projects");
  const sessions = join(dir, "codex", "sessions");
  for (const folder of [projects, sessions]) mkdirSync(folder, { recursive: true });
  const codexBytes = Math.round(bytes * codex_share);
  const claudeBytes = bytes - codexBytes;
  const session_bytes = Math.min(1_300_000, Math.round(claudeBytes / 25));
  const world: World = {
    random,
    text,
    truth,
    projects,
    session_bytes,
    startAgent: (...call) => startAgent(world, ...call),
  };
  fill(claudeBytes, (room) => writeSession(world, room));
  const codex = { random, text, truth, sessions, rollout_bytes: parameters.rollout_bytes };
  if (options.rollouts === undefined) fill(codexBytes, (room) => writeRollout(codex, room));
  else while (truth.files.codex < options.rollouts) writeRollout(codex, ROLLOUT_ROOM);
  writeFileSync(join(dir, "truth.json"), JSON.stringify(truth, null, 1));
  return truth;
}

function fill(bytes: number, write: (room: number) => number): void {
  for (let left = bytes; left > 0; ) left -= write(left);
}

function readTruth(dir: string): Truth | undefined {
  const path = join(dir, "truth.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Truth) : undefined;
}
