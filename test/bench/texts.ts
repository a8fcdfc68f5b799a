import { Database } from "bun:sqlite";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BACKFILL, type Corpus, corpus, corpusEnv } from "./corpus.ts";
import { startDaemon } from "./daemon.ts";
import { hookToFrame } from "./live.ts";
import { type Figure, inFolder, median, mustSucceed, quantile, run } from "./measure.ts";
import { createRandom } from "./random.ts";
import { warm } from "./warm.ts";

const SEARCHES = 200;
const EVENTS = 25;
const PAUSE_MS = 5;
const TABLES = ["text_chunks", "texts", "texts_%", "sqlite_autoindex_texts_%", "text_index_%"];

/** What the words of a history cost: the import, the disk, the answers meanwhile, and a search in them. */
export function benchTexts(bytes: number, codexShare: number, rounds: number): Promise<Figure[]> {
  const { dir, truth } = corpus(bytes, codexShare);
  const size = truth.bytes.claude + truth.bytes.codex;
  return inFolder(async (folder) => {
    const env = corpusEnv(folder, dir);
    const bare: number[] = [];
    const whole: number[] = [];
    const cold = async (more: string[]) => {
      rmSync(env.HALL_DATA_DIR!, { recursive: true, force: true });
      warm(dir);
      return mustSucceed(await run([...BACKFILL, ...more], env), "backfill").ms;
    };
    for (let round = 0; round < rounds; round++) {
      whole.push(await cold(["--texts"]));
      bare.push(await cold([]));
    }
    const during = await whileTextsAreRead(env);
    return [
      { name: "cold backfill", value: median(bare), unit: "ms" },
      { name: "cold backfill --texts", value: median(whole), unit: "ms" },
      { name: "with texts / without", value: median(whole.map((ms, i) => ms / bare[i]!)), unit: "x" },
      ...during,
      { name: "texts and index / sources", value: textBytes(env) / size, unit: "x", limit: 0.25 },
      ...(await searches(env, { dir, truth })),
    ];
  });
}

/** A daemon on a store with all numbers and no texts yet, polled without a pause until it has read the texts. */
async function whileTextsAreRead(env: Record<string, string>): Promise<Figure[]> {
  const daemon = await startDaemon(env);
  try {
    const times: number[] = [];
    const started = performance.now();
    let isDone = false;
    const live = hookToFrame(daemon.url, env, EVENTS);
    const unread = async () => {
      const answer = (await (await fetch(`${daemon.url}/api/search?q=zzzz`)).json()) as {
        data: { unread_files: number };
      };
      return answer.data.unread_files;
    };
    for (let i = 0; !isDone; i++) {
      const startedAt = performance.now();
      await (await fetch(`${daemon.url}/api/sessions?limit=5`)).arrayBuffer();
      times.push(performance.now() - startedAt);
      if (i % 100 === 99) isDone = (await unread()) === 0;
      await Bun.sleep(PAUSE_MS);
    }
    const took = performance.now() - started;
    const busy = (await live).fromWrite;
    const idle = (await hookToFrame(daemon.url, env, EVENTS)).fromWrite;
    const note = `${times.length} answers, p50 ${median(times).toFixed(1)} ms`;
    return [
      { name: "texts read by the daemon", value: took, unit: "ms" },
      { name: "GET /api/sessions meanwhile p99", value: quantile(times, 0.99), unit: "ms", limit: 50, note },
      { name: "GET /api/sessions meanwhile, longest", value: Math.max(...times), unit: "ms" },
      { name: "hook write to SSE frame p95, meanwhile", value: quantile(busy, 0.95), unit: "ms", limit: 100 },
      {
        name: "hook write to SSE frame p95, afterwards",
        value: quantile(idle, 0.95),
        unit: "ms",
        limit: 100,
      },
    ];
  } finally {
    await daemon.stop();
  }
}

/** Pages of the texts, their chunks and their indexes. */
function textBytes(env: Record<string, string>): number {
  using db = new Database(join(env.HALL_DATA_DIR!, "hall.db"), { readonly: true });
  const where = TABLES.map(() => "name like ?").join(" or ");
  const sum = db
    .query<{ bytes: number }, string[]>(`select coalesce(sum(pgsize), 0) as bytes from dbstat where ${where}`)
    .get(...TABLES)!;
  return sum.bytes;
}

async function searches(env: Record<string, string>, of: Corpus): Promise<Figure[]> {
  const words = wordsOf(of);
  const random = createRandom(3);
  const daemon = await startDaemon(env);
  try {
    const times: number[] = [];
    let hits = 0;
    for (let i = 0; i < SEARCHES; i++) {
      const q = Array.from({ length: 1 + (i % 3) }, () => random.pick(words)).join(" ");
      const startedAt = performance.now();
      const answer = await fetch(`${daemon.url}/api/search?q=${encodeURIComponent(q)}`);
      const { data } = (await answer.json()) as { data: { hits: unknown[] } };
      times.push(performance.now() - startedAt);
      hits += Number(data.hits.length > 0);
    }
    const note = `p50 ${median(times).toFixed(1)} ms, ${hits} of ${SEARCHES} with hits`;
    return [{ name: "GET /api/search p95", value: quantile(times, 0.95), unit: "ms", limit: 50, note }];
  } finally {
    await daemon.stop();
  }
}

/** Words as they are in the transcripts, frequent ones as often as they are written. */
function wordsOf({ dir }: Corpus): string[] {
  const projects = join(dir, "claude", "projects");
  const file = readdirSync(projects, { recursive: true, withFileTypes: true }).find(
    (entry) => entry.isFile() && entry.name.endsWith(".jsonl"),
  )!;
  const text = readFileSync(join(file.parentPath, file.name), "utf8").slice(0, 2_000_000);
  return [...text.matchAll(/"text":"((?:[^"\\]|\\.)*)"/g)].flatMap(
    ([, given]) => given!.match(/[A-Za-z]{3,}/g) ?? [],
  );
}
