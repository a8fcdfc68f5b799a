import { join } from "node:path";
import { generate } from "./generate.ts";
import { benchRoot, cleanEnv } from "./measure.ts";
import type { Truth } from "./truth.ts";

export type Corpus = { dir: string; truth: Truth };

export function corpus(bytes: number, codexShare: number): Corpus {
  const dir = join(benchRoot(), `hall-bench-corpus-${bytes}-${codexShare}`);
  return { dir, truth: generate(dir, { seed: 1, bytes, codexShare }) };
}

/** The variables that make every program of a run read this corpus and nothing else. */
export function corpusEnv(folder: string, dir: string): Record<string, string> {
  return cleanEnv(folder, { CLAUDE_CONFIG_DIR: join(dir, "claude"), CODEX_HOME: join(dir, "codex") });
}

/** As a person starts it. */
export const BACKFILL = ["sh", "bin/hall-monitor", "backfill", "--json"];
