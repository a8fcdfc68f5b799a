import { rmSync } from "node:fs";
import { join } from "node:path";
import { benchAgainst } from "./against.ts";
import { compare, truthFigure } from "./compare.ts";
import { BACKFILL, type Corpus, corpus, corpusEnv } from "./corpus.ts";
import { type Figure, inFolder, median, mustSucceed, type Ran, run } from "./measure.ts";

/** A cold backfill against ccusage where there is one, else against a bare JSON.parse of the same lines. */
export function benchIngest(
  bytes: number,
  codexShare: number,
  rounds: number | undefined,
  ccusage?: string,
): Promise<Figure[]> {
  const files = corpus(bytes, codexShare);
  return ccusage ? benchAgainst(files, rounds ?? 5, ccusage) : benchParse(files, rounds ?? 3);
}

/** In turns, so that a busy machine hits both. */
function benchParse({ dir, truth }: Corpus, rounds: number): Promise<Figure[]> {
  return inFolder(async (folder) => {
    const env = corpusEnv(folder, dir);
    const bare: number[] = [];
    const cold: Ran[] = [];
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
    }
    const different = truthFigure(compare(env.HALL_DATA_DIR!, truth));
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
      different,
      { name: "unchanged second backfill", value: median(again), unit: "ms", limit: 500 },
    ];
  });
}
