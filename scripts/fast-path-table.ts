import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../cli/root.ts";
import { table } from "./markdown.ts";

export type FastPathWay = {
  name: string;
  median_ms: number;
  least_ms: number;
  processor_ms: number;
  peak_mb: number;
};
/** What `bun run bench fast-path --write` stores; the first way is the fast path. */
export type FastPathFigures = {
  day: string;
  bun: string;
  cores: number;
  bytes: number;
  files: number;
  rounds: number;
  ways: FastPathWay[];
};
export const FAST_PATH_FIGURES = join(ROOT, "docs/performance.json");

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const times = (value: number, of: number) => `${(value / of).toFixed(2)} ×`;

/** Of a machine only its class is named. */
export function fastPathTable(): string {
  const { day, bun, cores, bytes, files, rounds, ways } = JSON.parse(
    readFileSync(FAST_PATH_FIGURES, "utf8"),
  ) as FastPathFigures;
  const [fast] = ways;
  const rows = ways.map(({ name, median_ms, least_ms, processor_ms, peak_mb }) => [
    name,
    seconds(median_ms),
    seconds(least_ms),
    seconds(processor_ms),
    `${peak_mb} MB`,
    `${times(median_ms, fast!.median_ms)} (least ${times(least_ms, fast!.least_ms)})`,
  ]);
  const head = ["Way", "Time, median", "Time, least", "Processor time", "Peak", "To the fast path"];
  return [
    `Measured on ${day} with Bun ${bun} on ${cores} cores: ${Math.round(bytes / 1e6)} MB in ${files} files, ${rounds} turns, whole processes.`,
    "",
    table(head, rows),
  ].join("\n");
}
