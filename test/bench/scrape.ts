import { startDaemon } from "./daemon.ts";
import { writeCycles } from "./limit-cycles.ts";
import { cleanEnv, type Figure, inFolder, quantile } from "./measure.ts";

const SIZE = { cycles: 10_000, requests: 200_000 };
const SCRAPES = 500;
const WARM_UP = 50;

/** `/metrics` and `/api/limits` of a daemon that sampled for a month beside 200,000 requests, and its memory meanwhile. */
export function benchScrape(): Promise<Figure[]> {
  return inFolder(async (folder) => {
    const env = cleanEnv(folder, { CLAUDE_CONFIG_DIR: `${folder}/claude`, CODEX_HOME: `${folder}/codex` });
    const started = performance.now();
    writeCycles(env.HALL_DATA_DIR!, SIZE, Date.now());
    const wrote_ms = performance.now() - started;
    const daemon = await startDaemon(env);
    try {
      const first = await times(`${daemon.url}/metrics`, 1);
      await times(`${daemon.url}/metrics`, WARM_UP);
      const before = await rss(daemon.url);
      const scrapes = await times(`${daemon.url}/metrics`, SCRAPES);
      const grown = (await rss(daemon.url)) - before;
      const limits = await times(`${daemon.url}/api/limits`, 50);
      return [
        { name: "10,000 cycles and 200,000 requests stored", value: wrote_ms, unit: "ms" },
        { name: "GET /metrics, the first", value: first[0]!, unit: "ms" },
        { name: "GET /metrics p50", value: quantile(scrapes, 0.5), unit: "ms" },
        { name: "GET /metrics p99", value: quantile(scrapes, 0.99), unit: "ms", limit: 50 },
        { name: `memory gained by ${SCRAPES} scrapes`, value: grown, unit: "MB", limit: 30 },
        { name: "GET /api/limits p95", value: quantile(limits, 0.95), unit: "ms", limit: 50 },
      ];
    } finally {
      await daemon.stop();
    }
  });
}

async function times(url: string, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    const answer = await fetch(url);
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    found.push(performance.now() - started);
  }
  return found;
}

async function rss(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^hall_process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / 1e6;
}
