import { join } from "node:path";
import { generate, type Options } from "./generate.ts";
import { benchRoot, cleanEnv } from "./measure.ts";
import type { Truth } from "./truth.ts";

export type Corpus = { dir: string; truth: Truth };

/**
 * Made by a process of its own: the kernel counts what this one holds when it starts a program into that program's
 * peak of memory.
 */
export function corpus(bytes: number, codexShare: number): Corpus {
  const dir = join(benchRoot(), `hall-bench-corpus-${bytes}-${codexShare}`);
  const options: Options = { seed: 1, bytes, codexShare };
  Bun.spawnSync([process.execPath, import.meta.path, dir, JSON.stringify(options)], { stderr: "inherit" });
  return { dir, truth: generate(dir, options) };
}

/** The variables that make every program of a run read this corpus and nothing else. */
export function corpusEnv(folder: string, dir: string): Record<string, string> {
  return cleanEnv(folder, { CLAUDE_CONFIG_DIR: join(dir, "claude"), CODEX_HOME: join(dir, "codex") });
}

/** As a person starts it. */
export const BACKFILL = ["sh", "bin/hall-monitor", "backfill", "--json"];

if (import.meta.main) generate(Bun.argv[2]!, JSON.parse(Bun.argv[3]!) as Options);
