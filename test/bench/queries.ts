import { listRoutes } from "../../schema/api.ts";
import { BACKFILL, corpus, corpusEnv } from "./corpus.ts";
import { type RunningDaemon, startDaemon } from "./daemon.ts";
import { type Figure, inFolder, median, mustSucceed, quantile, run } from "./measure.ts";

const ROUNDS = 40;
/** Requests besides the bare route: whole ranges, groups, filters and a later page. */
const VARIANTS: Record<string, string[]> = {
  "/api/metrics": ["?limit=1000", "?event_type=api_response", "?q=cart"],
  "/api/metrics/aggregations": RANGES(
    "metric=tokens&group_by=model",
    "metric=cost&group_by=session",
    "metric=count&group_by=tool",
    "metric=cost&group_by=branch",
    "metric=cost&group_by=pr",
  ),
  "/api/metrics/costs": RANGES(""),
  "/api/sessions": ["?limit=1000", "?q=shop"],
  "/api/requests": ["?limit=1000", "?model=claude-opus-5-5"],
  "/api/dashboard/stats": ["?period=24h", "?period=7d", "?period=30d"],
};

function RANGES(...questions: string[]): string[] {
  const range = "start_time=2026-09-01T00:00:00Z&end_time=2026-11-21T00:00:00Z";
  return questions.map((q) => `?${q ? `${q}&` : ""}${range}`);
}

/** A start on an unchanged store, then every JSON route of the contract on it. */
export function benchQueries(
  bytes: number,
  codexShare: number,
  parts: { restart: boolean; queries: boolean },
): Promise<Figure[]> {
  const { dir } = corpus(bytes, codexShare);
  return inFolder(async (folder) => {
    const env = corpusEnv(folder, dir);
    mustSucceed(await run(BACKFILL, env), "backfill");
    const figures: Figure[] = [];
    if (parts.restart) figures.push(await restart(env));
    if (!parts.queries) return figures;
    const daemon = await startDaemon(env);
    try {
      for (const path of await routePaths(daemon)) figures.push(await measure(daemon, path));
    } finally {
      await daemon.stop();
    }
    return figures;
  });
}

async function restart(env: Record<string, string>): Promise<Figure> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const daemon = await startDaemon(env);
    times.push(daemon.started_in_ms);
    await daemon.stop();
  }
  return { name: "restart to live, nothing changed", value: median(times), unit: "ms", limit: 500 };
}

/** Ids come from the answers themselves: the busiest session of the first page and the newest request. */
export async function routePaths(daemon: RunningDaemon): Promise<string[]> {
  type Listed = { session_key?: string; requests?: number; request_key?: string };
  const list = async (path: string) =>
    ((await (await fetch(daemon.url + path)).json()) as { data: Listed[] }).data;
  const sessions = (await list("/api/sessions?limit=1000")).toSorted(
    (a, b) => (b.requests ?? 0) - (a.requests ?? 0),
  );
  const ids: Record<string, string | undefined> = {
    "/api/sessions/:id": sessions[0]?.session_key,
    "/api/requests/:id": (await list("/api/requests?limit=1"))[0]?.request_key,
  };
  return listRoutes()
    .filter((r) => r.method === "GET" && !r.content)
    .flatMap(({ path }) => {
      const owner = Object.keys(ids).find((prefix) => path.startsWith(prefix));
      if (path.includes(":"))
        return owner && ids[owner] ? [path.replace(":id", encodeURIComponent(ids[owner]))] : [];
      return [path, ...(VARIANTS[path] ?? []).map((v) => path + v)];
    });
}

async function measure(daemon: RunningDaemon, path: string): Promise<Figure> {
  const times: number[] = [];
  let status = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const started = performance.now();
    const answer = await fetch(daemon.url + path);
    await answer.arrayBuffer();
    times.push(performance.now() - started);
    status = answer.status;
  }
  const note = `p50 ${median(times).toFixed(1)} ms${status === 200 ? "" : `, status ${status}`}`;
  return { name: `GET ${path} p95`, value: quantile(times, 0.95), unit: "ms", limit: 50, note };
}
