import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BACKFILL, corpus, corpusEnv } from "./corpus.ts";
import { startDaemon } from "./daemon.ts";
import { cleanEnv, type Figure, inFolder, mustSucceed, run } from "./measure.ts";
import { resident, settle, spent } from "./settle.ts";

const FILES = 2000;
const MEASURED_MS = 60_000;

/** What only answers costs nothing but the runtime. */
const EMPTY = 'Bun.serve({ port: 0, fetch: () => new Response("") })';

/** A daemon that has read everything and is not asked for anything, beside an empty server in the same minute. */
export async function benchIdle(bytes: number, codexShare: number): Promise<Figure[]> {
  const { dir } = corpus(bytes, codexShare);
  return inFolder(async (folder) => {
    const env = corpusEnv(folder, dir);
    const small = join(folder, "small");
    writeFiles(small);
    env.CLAUDE_CONFIG_DIR += `,${small}`;
    mustSucceed(await run(BACKFILL, env), "backfill");
    const daemon = await startDaemon(env);
    const empty = Bun.spawn([process.execPath, "-e", EMPTY], { env: cleanEnv(folder), stdout: "ignore" });
    try {
      const settled_ms = await settle(daemon.pid);
      const [before, beforeEmpty] = [spent(daemon.pid), spent(empty.pid)];
      await Bun.sleep(MEASURED_MS);
      const share = (ms: number) => (100 * ms) / MEASURED_MS;
      return [
        { name: "until all work was done", value: settled_ms, unit: "ms" },
        { name: "idle daemon", value: share(spent(daemon.pid) - before), unit: "% of a core", limit: 0.3 },
        { name: "empty Bun.serve", value: share(spent(empty.pid) - beforeEmpty), unit: "% of a core" },
        { name: "resident memory of the daemon", value: resident(daemon.pid), unit: "MB", limit: 100 },
        { name: "  without what processes share", value: resident(daemon.pid, "RssAnon"), unit: "MB" },
        { name: "  of the empty Bun.serve", value: resident(empty.pid), unit: "MB" },
      ];
    } finally {
      empty.kill();
      await daemon.stop();
    }
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
