import { rmSync } from "node:fs";
import { join } from "node:path";
import { compare } from "./compare.ts";
import { generate } from "./generate.ts";
import { benchRoot, cleanEnv, type Figure, inFolder, median, mustSucceed, type Ran, run } from "./measure.ts";
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

export const BACKFILL = [process.execPath, "cli/main.ts", "backfill", "--json"];

/** Cold backfill, bare JSON.parse and, if there, ccusage: in turns, so that a busy machine hits all of them. */
export function benchIngest(
  bytes: number,
  codexShare: number,
  rounds: number,
  ccusage?: string,
): Promise<Figure[]> {
  const { dir, truth } = corpus(bytes, codexShare);
  return inFolder(async (folder) => {
    const env = corpusEnv(folder, dir);
    const bare: number[] = [];
    const cold: Ran[] = [];
    const other: number[] = [];
    const script = join(import.meta.dir, "json-parse.ts");
    await run([process.execPath, script, join(dir, "claude"), join(dir, "codex")], env); // fills the page cache
    for (let round = 0; round < rounds; round++) {
      const parsed = mustSucceed(
        await run([process.execPath, script, join(dir, "claude"), join(dir, "codex")], env),
        "JSON.parse",
      );
      bare.push((JSON.parse(parsed.stdout) as { elapsed_ms: number }).elapsed_ms);
      rmSync(env.HALL_DATA_DIR!, { recursive: true, force: true });
      cold.push(mustSucceed(await run(BACKFILL, env), "backfill"));
      if (ccusage)
        other.push(mustSucceed(await run([ccusage, "daily", "--json", "--offline"], env), "ccusage").ms);
    }
    const wrong = compare(env.HALL_DATA_DIR!, truth);
    const again: number[] = [];
    for (let i = 0; i < 5; i++) again.push(mustSucceed(await run(BACKFILL, env), "second backfill").ms);
    const ms = median(cold.map((r) => r.ms));
    const size = truth.bytes.claude + truth.bytes.codex;
    return [
      { name: "bare JSON.parse of every line", value: median(bare), unit: "ms" },
      { name: "cold backfill", value: ms, unit: "ms", note: `${Math.round(size / 1e6 / (ms / 1000))} MB/s` },
      { name: "cold backfill / bare JSON.parse", value: ms / median(bare), unit: "x", limit: 3 },
      {
        name: "peak memory of the backfill",
        value: Math.max(...cold.map((r) => r.peak_mb)),
        unit: "MB",
        limit: 300,
      },
      {
        name: "differences from the ground truth",
        value: wrong.length,
        unit: "",
        limit: 0,
        note: wrong.slice(0, 12).join("; "),
      },
      { name: "unchanged second backfill", value: median(again), unit: "ms", limit: 500 },
      ...(ccusage
        ? [
            { name: "ccusage daily", value: median(other), unit: "ms" },
            { name: "cold backfill / ccusage", value: ms / median(other), unit: "x" },
          ]
        : []),
    ];
  });
}
