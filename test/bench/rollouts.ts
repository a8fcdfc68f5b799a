import { statSync } from "node:fs";
import { join } from "node:path";
import { discover } from "../../collector/discover.ts";
import { codex } from "../../collector/sources/codex/source.ts";
import { tail } from "../../collector/tail.ts";
import { generate } from "./generate.ts";
import { benchRoot, type Figure, median, quantile } from "./measure.ts";

const ROLLOUTS = 1_000;

/** A thousand rollouts: how long it takes to find them, and to parse one. */
export async function benchRollouts(): Promise<Figure[]> {
  const dir = join(benchRoot(), "hall-bench-rollouts");
  const truth = generate(dir, {
    seed: 1,
    bytes: 0,
    codexShare: 1,
    rolloutBytes: 250_000,
    rollouts: ROLLOUTS,
  });
  const root = { source: codex, path: join(dir, "codex", "sessions") };
  const find = () => [...discover(root, (path, code) => console.error(`${path}: ${code}`))];
  const finding = Array.from({ length: 9 }, () => {
    const started = performance.now();
    find();
    return performance.now() - started;
  });
  const parsing: number[] = [];
  for (const file of find()) {
    const started = performance.now();
    await tail(codex, file.path, undefined, statSync(file.path).size);
    parsing.push(performance.now() - started);
  }
  const files = truth.files.codex;
  return [
    { name: `discovery of ${files} rollouts`, value: median(finding), unit: "ms", limit: 150 },
    { name: "parse of one rollout p50", value: median(parsing), unit: "ms", limit: 35 },
    { name: "parse of one rollout p95", value: quantile(parsing, 0.95), unit: "ms" },
  ];
}
