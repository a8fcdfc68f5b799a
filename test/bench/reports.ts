import { ccusageDaily } from "./against.ts";
import { BACKFILL, corpus, corpusEnv } from "./corpus.ts";
import { startDaemon } from "./daemon.ts";
import { type Figure, inFolder, median, mustSucceed, quantile, run } from "./measure.ts";
import type { Tokens } from "./truth.ts";
import { warm } from "./warm.ts";

const DAILY = ["sh", "bin/hall-monitor", "daily", "--json"];
const OURS_PER_ROUND = 5;
const REQUESTS = 100;
const RANGE = "period=day&start_time=2026-09-01T00:00:00Z&end_time=2026-11-21T00:00:00Z";
const ROUTES = [
  `/api/metrics/aggregations?metric=tokens&group_by=model&${RANGE}`,
  `/api/metrics/costs?${RANGE}`,
];

/** The daily report of a filled store: the whole command, with ccusage's in between, and the running daemon's answer. */
export function benchReports(
  bytes: number,
  codexShare: number,
  rounds: number,
  ccusage?: string,
): Promise<Figure[]> {
  const { dir, truth } = corpus(bytes, codexShare);
  return inFolder(async (folder) => {
    const env = corpusEnv(folder, dir);
    mustSucceed(await run(BACKFILL, env), "backfill");
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      if (ccusage) {
        await run([ccusage, "--version"], env);
        warm(dir);
        theirs.push(mustSucceed(await run(ccusageDaily(ccusage), env), "ccusage").ms);
      }
      for (let i = 0; i < OURS_PER_ROUND; i++) {
        const ran = mustSucceed(await run(DAILY, env), "daily");
        checkTotals(ran.stdout, truth.total.tokens);
        ours.push(ran.ms);
      }
    }
    return [
      { name: "daily, the whole command", value: median(ours), unit: "ms", note: spread(ours) },
      ...ratio(ours, theirs),
      ...(await measureDaemon(env)),
    ];
  });
}

/** A report of nothing would be quick. */
function checkTotals(stdout: string, { reasoning_output_tokens: _, ...billed }: Tokens): void {
  const expected = Object.values(billed).reduce((a, b) => a + b, 0);
  const { data } = JSON.parse(stdout) as { data: { total: { total_tokens: number } } };
  if (data.total.total_tokens !== expected)
    throw new Error(`the daily report shows ${data.total.total_tokens} tokens instead of ${expected}`);
}

function ratio(ours: readonly number[], theirs: readonly number[]): Figure[] {
  if (theirs.length === 0) return [];
  const value = median(theirs) / median(ours);
  return [
    { name: "ccusage daily", value: median(theirs), unit: "ms", note: spread(theirs) },
    { name: "ccusage daily / daily", value, unit: "x", at_least: 50 },
  ];
}

const spread = (values: readonly number[]) =>
  `${values.length} runs, ${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))} ms`;

async function measureDaemon(env: Record<string, string>): Promise<Figure[]> {
  const daemon = await startDaemon(env);
  try {
    const figures: Figure[] = [];
    for (const path of ROUTES) {
      const times = await measure(daemon.url + path);
      const name = `GET ${path.slice(0, path.indexOf("?"))} by day`;
      figures.push(
        { name: `${name} p50`, value: median(times), unit: "ms", limit: 50 },
        { name: `${name} p95`, value: quantile(times, 0.95), unit: "ms", limit: 50 },
      );
    }
    return figures;
  } finally {
    await daemon.stop();
  }
}

async function measure(url: string): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < REQUESTS; i++) {
    const started = performance.now();
    const answer = await fetch(url);
    await answer.arrayBuffer();
    times.push(performance.now() - started);
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  }
  return times;
}
