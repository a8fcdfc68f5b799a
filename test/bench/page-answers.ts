import type { RunningDaemon } from "./daemon.ts";
import { type Figure, median, quantile } from "./measure.ts";
import type { PagePart } from "./page-part.ts";
import { opened } from "./page-watch.ts";
import { LARGE } from "./page-world.ts";
import { routePaths } from "./queries.ts";
import { spent } from "./settle.ts";

const ROUNDS = 15;
/** For all rounds of one request. */
const MOST_MS = 3000;
const LISTED = 16;
const VIEWS = [
  "/",
  "/sessions",
  "/costs",
  "/costs?by=project&range=30d",
  "/limits",
  "/events",
  "/tools",
  "/plans",
  "/health",
  `/sessions/claude:${LARGE}`,
];

/** Every request that the views send, as they send it. */
export const answers: PagePart = async ({ daemon }) => {
  const { url } = daemon;
  const paths = new Set<string>();
  const { open } = await opened();
  for (const view of VIEWS) {
    await open.page.goto(`${url}${view}`);
    await open.page.waitForTimeout(1500);
    const first = await open.page.evaluate(
      () => document.getElementById("first-responses")?.textContent ?? "",
    );
    if (first === "") continue;
    for (const { path } of (JSON.parse(first) as { responses: { path: string }[] }).responses)
      paths.add(path);
  }
  for (const request of open.requests)
    if (request.startsWith(`${url}/api/`)) paths.add(request.slice(url.length));
  await open.close();
  return slowest(`${paths.size} requests of the views`, daemon, [...paths]);
};

/** Every route of the contract that reads, with its parameters' defaults and over whole ranges. */
export const routes: PagePart = async ({ daemon }) => {
  const bare = await routePaths(daemon);
  const ranged = RANGED.flatMap((path) => [...DAYS].map((days) => path + sinceDays(days)));
  return [...(await slowest("every route", daemon, [...bare, ...ranged])), ...(await beside(daemon))];
};

const LONG = ["/api/waste?", "/api/cache?", "/api/requests?sort=lost&"];
const LONG_ROUNDS = 5;
/** Longer than a slice of a long answer and what else a turn of the one thread does. */
const BESIDE_MS = 100;

/** How long others wait while the longest answers are made. */
async function beside({ url }: RunningDaemon): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const path of LONG) {
    const times: number[] = [];
    let isOver = false;
    const long = (async () => {
      for (let i = 0; i < LONG_ROUNDS; i++) await (await fetch(url + path + sinceDays(90))).arrayBuffer();
      isOver = true;
    })();
    while (!isOver) {
      const started = performance.now();
      await (await fetch(`${url}/api/status`)).arrayBuffer();
      times.push(performance.now() - started);
    }
    await long;
    const note = `p50 ${median(times).toFixed(0)} ms, p99 ${quantile(times, 0.99).toFixed(0)} ms`;
    const name = `GET /api/status beside ${path} of 90 days, p95`;
    figures.push({ name, value: quantile(times, 0.95), unit: "ms", limit: BESIDE_MS, note });
  }
  return figures;
}

const DAYS = [7, 30, 90];
const RANGED = [
  "/api/tools?",
  "/api/tools/results?",
  "/api/waste?",
  "/api/cache?",
  "/api/reconcile?",
  "/api/requests?",
  "/api/costs?",
  "/api/costs/kinds?",
  "/api/tool-calls?",
  "/api/metrics?",
  "/api/aggregations?metric=count&group_by=project&period=day&",
  "/api/aggregations?metric=cost&group_by=session&period=month&",
  ...["tool", "prompt", "kind", "agent_type", "pr"].map(
    (by) => `/api/aggregations?metric=cost&group_by=${by}&period=day&`,
  ),
  "/api/costs?group_by=tool&",
  "/api/costs?group_by=branch&",
  "/api/requests?sort=lost&",
  "/api/requests?group_by=tool&group=Bash&",
  "/api/requests?group_by=branch&group=feat%2F3&",
];
const sinceDays = (days: number) =>
  `start_time=${new Date(Date.now() - days * 86_400_000).toISOString()}&end_time=${new Date().toISOString()}`;

async function slowest(name: string, { url, pid }: RunningDaemon, paths: string[]): Promise<Figure[]> {
  const found: Figure[] = [];
  for (const path of paths) {
    const before = spent(pid);
    const { times, status } = await timesOf(url + path);
    // Of the daemon's processor: what is left of a time that was measured beside other programs.
    const own = `${((spent(pid) - before) / times.length).toFixed(0)} ms of a core`;
    const note = `p50 ${median(times).toFixed(0)} ms, ${own}${status === 200 ? "" : `, status ${status}`}`;
    const short = `GET ${path.length > 90 ? `${path.slice(0, 90)}…` : path} p95`;
    found.push({ name: short, value: quantile(times, 0.95), unit: "ms", limit: 250, note });
  }
  const slow = found.toSorted((a, b) => b.value - a.value);
  const figure = { value: slow[0]?.value ?? Number.NaN, unit: "ms", limit: 250 };
  return [{ name: `${name}, p95 of the slowest`, ...figure }, ...slow.slice(0, LISTED)];
}

/** Fewer rounds where one takes long; a request that is not answered counts as without end. */
async function timesOf(url: string): Promise<{ times: number[]; status: number }> {
  const times: number[] = [];
  let status = 0;
  const until = performance.now() + MOST_MS;
  for (let i = 0; i < ROUNDS && performance.now() < until; i++) {
    const started = performance.now();
    try {
      const answer = await fetch(url);
      await answer.arrayBuffer();
      status = answer.status;
      times.push(performance.now() - started);
    } catch {
      times.push(Number.POSITIVE_INFINITY);
    }
  }
  return { times, status };
}
