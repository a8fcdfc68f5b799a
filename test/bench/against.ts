import { rmSync } from "node:fs";
import { compare, truthFigure } from "./compare.ts";
import { BACKFILL, type Corpus, corpusEnv } from "./corpus.ts";
import { startDaemon } from "./daemon.ts";
import { type Figure, inFolder, median, mustSucceed, type Ran, run } from "./measure.ts";
import { warm } from "./warm.ts";

export const ccusageDaily = (ccusage: string) => [ccusage, "daily", "--json", "--offline"];

/** Reads the program itself into the page cache, as `warm` does its files. */
const VERSION = ["sh", "bin/hall-monitor", "--version"];

/** What the run before has left to be written would be written during the next one, whosever that is. */
const settle = async () => mustSucceed(await run(["sync"], {}), "sync");

/**
 * A cold store against ccusage on the same files, in turns: the whole `backfill`, from the start of its process to its
 * exit with indexes, readings of limits and archive written, and a first `start`, until its daemon has read everything.
 */
export function benchAgainst({ dir, truth }: Corpus, rounds: number, ccusage: string): Promise<Figure[]> {
  return inFolder(async (folder) => {
    const env = corpusEnv(folder, dir);
    const ours: Ran[] = [];
    const theirs: Ran[] = [];
    const starts: number[] = [];
    const cold = async () => {
      rmSync(env.HALL_DATA_DIR!, { recursive: true, force: true });
      await run(VERSION, env);
      await settle();
      warm(dir);
    };
    const turns = [
      async () => {
        await cold();
        const daemon = await startDaemon(env);
        starts.push(daemon.started_in_ms);
        await daemon.stop();
      },
      async () => {
        await cold();
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
      ...toFigures({ ours, theirs, starts }, truth.bytes.claude + truth.bytes.codex),
      truthFigure(compare(env.HALL_DATA_DIR!, truth)),
    ];
  });
}

type Rounds = { ours: readonly Ran[]; theirs: readonly Ran[]; starts: readonly number[] };

function toFigures({ ours, theirs, starts }: Rounds, size: number): Figure[] {
  const wholes = ours.map((our) => our.ms);
  const lines = ours.map((our) => our.line_ms);
  const ratio = (values: readonly number[]) => values.map((value, i) => value / theirs[i]!.ms);
  const ms = (value: number) => `${Math.round(value)} ms`;
  const whole = median(wholes);
  return [
    ...ratio(wholes).map((value, i) => ({
      name: `round ${i + 1}: cold backfill / ccusage`,
      value,
      unit: "x",
      note: `${ms(wholes[i]!)} / ${ms(theirs[i]!.ms)}`,
    })),
    {
      name: "cold backfill, to its exit",
      value: whole,
      unit: "ms",
      note: `${Math.round(size / 1e3 / whole)} MB/s`,
    },
    { name: "  until it prints its sums", value: median(lines), unit: "ms" },
    {
      name: "  its processor time / that of ccusage",
      value: median(ours.map((our, i) => our.cpu_ms / theirs[i]!.cpu_ms)),
      unit: "x",
      note: `${ms(median(ours.map((our) => our.cpu_ms)))} / ${ms(median(theirs.map((their) => their.cpu_ms)))}`,
    },
    { name: "first start, until all is read", value: median(starts), unit: "ms" },
    { name: "ccusage daily", value: median(theirs.map((their) => their.ms)), unit: "ms" },
    { name: "cold backfill / ccusage, median", value: median(ratio(wholes)), unit: "x", limit: 1 },
    { name: "  until it prints its sums", value: median(ratio(lines)), unit: "x" },
    { name: "first start / ccusage, median", value: median(ratio(starts)), unit: "x", limit: 2 },
    {
      name: "peak memory of the backfill",
      value: Math.max(...ours.map((our) => our.peak_mb)),
      unit: "MB",
      limit: 300,
    },
    { name: "peak memory of ccusage", value: Math.max(...theirs.map((their) => their.peak_mb)), unit: "MB" },
  ];
}
