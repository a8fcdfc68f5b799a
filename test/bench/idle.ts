import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { IDLE_FIGURES, type IdleCost, type IdleFigures } from "../../scripts/idle-table.ts";
import { BACKFILL, corpus, corpusEnv } from "./corpus.ts";
import { startDaemon } from "./daemon.ts";
import { cleanEnv, type Figure, inFolder, mustSucceed, run } from "./measure.ts";
import { resident, settle, spent } from "./settle.ts";
import { writeFigures } from "./written.ts";

const FILES = 2000;
const MEASURED_MS = 60_000;
/** Rows are compared at their own pace after a start. */
const SETTLE_LIMIT_MS = 150_000;

/** What only answers costs nothing but the runtime. */
const EMPTY = 'Bun.serve({ port: 0, fetch: () => new Response("") })';

/** A daemon that has read everything and gets no request, beside an empty server in the same minute. */
export async function benchIdle(bytes: number, codexShare: number, write: boolean): Promise<Figure[]> {
  const { dir } = corpus(bytes, codexShare);
  return inFolder(async (folder) => {
    const env = corpusEnv(folder, dir);
    const small = join(folder, "small");
    writeFiles(small);
    env.CLAUDE_CONFIG_DIR += `,${small}`;
    mustSucceed(await run(BACKFILL, env), "backfill");
    const server = await startDaemon(env);
    const bare = Bun.spawn([process.execPath, "-e", EMPTY], { env: cleanEnv(folder), stdout: "ignore" });
    try {
      const settled_ms = await settle(server.pid, SETTLE_LIMIT_MS);
      const costs = [server, bare].map(({ pid }) => costOf(pid));
      await Bun.sleep(MEASURED_MS);
      const [daemon, empty] = costs.map((cost) => cost()) as [IdleCost, IdleCost];
      const figures = { load: Math.round(loadavg()[0]! * 10) / 10, bytes, files: FILES, daemon, empty };
      if (write) writeFigures<IdleFigures>(IDLE_FIGURES, figures);
      return [
        { name: "until all work was done", value: settled_ms, unit: "ms" },
        { name: "idle daemon", value: daemon.core_percent, unit: "% of a core", limit: 0.3 },
        { name: "empty Bun.serve", value: empty.core_percent, unit: "% of a core" },
        { name: "resident memory of the daemon", value: daemon.resident_mb, unit: "MB", limit: 100 },
        { name: "  without what processes share", value: daemon.private_mb, unit: "MB" },
        { name: "  of the empty Bun.serve", value: empty.resident_mb, unit: "MB" },
      ];
    } finally {
      bare.kill();
      await server.stop();
    }
  });
}

/** To be called again once the measured time is over. */
function costOf(pid: number): () => IdleCost {
  const before = spent(pid);
  return () => ({
    core_percent: Math.round((10_000 * (spent(pid) - before)) / MEASURED_MS) / 100,
    resident_mb: Math.round(resident(pid)),
    private_mb: Math.round(resident(pid, "RssAnon")),
  });
}

/** Old transcripts, as most of a history are, beside those of the corpus. */
function writeFiles(root: string): void {
  const folder = join(root, "projects", "-home-dev-idle");
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < FILES; i++) {
    const path = join(folder, `${crypto.randomUUID()}.jsonl`);
    writeFileSync(path, '{"type":"summary","summary":"nothing","leafUuid":"1"}\n');
    utimesSync(path, 1_790_000_000 + i, 1_790_000_000 + i);
  }
}
