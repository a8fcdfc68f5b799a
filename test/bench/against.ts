import { rmSync } from "node:fs";
import { compare, truthFigure } from "./compare.ts";
import { BACKFILL, type Corpus, corpusEnv } from "./corpus.ts";
import { type Figure, inFolder, median, mustSucceed, type Ran, run } from "./measure.ts";
import { warm } from "./warm.ts";

export const ccusageDaily = (ccusage: string) => [ccusage, "daily", "--json", "--offline"];

/** Reads the program itself into the page cache, as `warm` does its files. */
const VERSION = ["sh", "bin/hall-monitor", "--version"];

/** What the run before has left to be written would be written during the next one, whosever that is. */
const settle = async () => mustSucceed(await run(["sync"], {}), "sync");

/**
 * A cold store against ccusage on the same files. Ours counts from the start of the process until it says what it
 * stored; indexes, readings of limits and the archive, which follow in the same process, are a figure of their own and in
 * the peak of the memory.
 */
export function benchAgainst({ dir, truth }: Corpus, rounds: number, ccusage: string): Promise<Figure[]> {
  return inFolder(async (folder) => {
    const env = corpusEnv(folder, dir);
    const ours: Ran[] = [];
    const theirs: Ran[] = [];
    const turns = [
      async () => {
        rmSync(env.HALL_DATA_DIR!, { recursive: true, force: true });
        await run(VERSION, env);
        await settle();
        warm(dir);
        ours.push(mustSucceed(await run(BACKFILL, env), "backfill"));
      },
      async () => {
        await run([ccusage, "--version"], env);
        await settle();
        warm(dir);
        theirs.push(mustSucceed(await run(ccusageDaily(ccusage), env), "ccusage"));
      },
    ];
    for (let round = 0; round < rounds; round++)
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    return [
      ...toFigures(ours, theirs, truth.bytes.claude + truth.bytes.codex),
      truthFigure(compare(env.HALL_DATA_DIR!, truth)),
    ];
  });
}

function toFigures(ours: readonly Ran[], theirs: readonly Ran[], size: number): Figure[] {
  const ratios = ours.map((our, i) => our.line_ms / theirs[i]!.ms);
  const ms = median(ours.map((our) => our.line_ms));
  const said = (value: number) => `${Math.round(value)} ms`;
  return [
    ...ratios.map((value, i) => ({
      name: `round ${i + 1}: cold backfill / ccusage`,
      value,
      unit: "x",
      note: `${said(ours[i]!.line_ms)} / ${said(theirs[i]!.ms)}`,
    })),
    { name: "cold backfill", value: ms, unit: "ms", note: `${Math.round(size / 1e3 / ms)} MB/s` },
    {
      name: "indexes, limits and archive, after it",
      value: median(ours.map((our) => our.ms - our.line_ms)),
      unit: "ms",
    },
    { name: "ccusage daily", value: median(theirs.map((their) => their.ms)), unit: "ms" },
    { name: "cold backfill / ccusage, median", value: median(ratios), unit: "x", limit: 1 },
    {
      name: "peak memory of the backfill",
      value: Math.max(...ours.map((our) => our.peak_mb)),
      unit: "MB",
      limit: 300,
    },
    { name: "peak memory of ccusage", value: Math.max(...theirs.map((their) => their.peak_mb)), unit: "MB" },
  ];
}
