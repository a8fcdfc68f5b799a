import { rmSync } from "node:fs";
import { FAST_PATH_FIGURES, type FastPathFigures, type FastPathWay } from "../../scripts/fast-path-table.ts";
import { ccusageDaily } from "./against.ts";
import { compare, truthFigure } from "./compare.ts";
import { BACKFILL, corpus, corpusEnv } from "./corpus.ts";
import { type Figure, inFolder, median, mustSucceed, type Ran, run } from "./measure.ts";
import { warm } from "./warm.ts";
import { writeFigures } from "./written.ts";

const GAIN = 1.5;

type Options = { bytes: number; codexShare: number; rounds: number; ccusage?: string; write: boolean };

/** Whole processes of a cold `backfill` by the fast path and by the plain one, in turns, with ccusage where there is one. */
export function benchFastPath({ bytes, codexShare, rounds, ccusage, write }: Options): Promise<Figure[]> {
  const { dir, truth } = corpus(bytes, codexShare);
  return inFolder(async (folder) => {
    const env = corpusEnv(folder, dir);
    const ways: Record<string, { command: string[]; env: Record<string, string> }> = {
      "fast path": { command: BACKFILL, env },
      "`HALL_FAST_IMPORT=false`": { command: BACKFILL, env: { ...env, HALL_FAST_IMPORT: "false" } },
      ...(ccusage && { "native ccusage": { command: ccusageDaily(ccusage), env } }),
    };
    const ran = new Map<string, Ran[]>(Object.keys(ways).map((name) => [name, []]));
    let files = 0;
    const wrong: string[] = [];
    for (let round = 0; round < rounds; round++)
      for (const [name, way] of turns(Object.entries(ways), round)) {
        rmSync(env.HALL_DATA_DIR!, { recursive: true, force: true });
        await run(["sync"], {});
        warm(dir);
        const one = mustSucceed(await run(way.command, way.env), name);
        ran.get(name)!.push(one);
        if (way.command !== BACKFILL) continue;
        files = (JSON.parse(one.stdout) as { files: number }).files;
        wrong.push(...compare(env.HALL_DATA_DIR!, truth));
      }
    const found = [...ran].map(([name, of]) => toWay(name, of));
    const figures = { bytes, files, rounds, ways: found };
    if (write) writeFigures<FastPathFigures>(FAST_PATH_FIGURES, figures);
    return [...toFigures(found), truthFigure(wrong)];
  });
}

const turns = <T>(all: T[], round: number): T[] => (round % 2 === 0 ? all : all.toReversed());

function toWay(name: string, ran: readonly Ran[]): FastPathWay {
  return {
    name,
    median_ms: Math.round(median(ran.map((one) => one.ms))),
    least_ms: Math.round(Math.min(...ran.map((one) => one.ms))),
    processor_ms: Math.round(median(ran.map((one) => one.cpu_ms))),
    peak_mb: Math.round(Math.max(...ran.map((one) => one.peak_mb))),
  };
}

function toFigures(ways: readonly FastPathWay[]): Figure[] {
  const [fast, plain] = ways;
  return [
    ...ways.flatMap(({ name, median_ms, least_ms, processor_ms, peak_mb }) => [
      { name, value: median_ms, unit: "ms", note: `least ${least_ms} ms` },
      { name: "  processor time", value: processor_ms, unit: "ms", note: `peak ${peak_mb} MB` },
    ]),
    {
      name: "plain path / fast path",
      value: (plain?.median_ms ?? Number.NaN) / (fast?.median_ms ?? Number.NaN),
      unit: "x",
      at_least: GAIN,
    },
  ];
}
