import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./measure.ts";

export type RunningDaemon = {
  url: string;
  pid: number;
  started_in_ms: number;
  peak_mb(): number;
  stop(): Promise<void>;
};

const START_LIMIT_MS = 120_000;
/** Each status takes the daemon a millisecond of what is measured. */
const POLL_MS = 20;

/** The real program on a free port; ready when it has read everything there was. */
export async function startDaemon(env: Record<string, string>): Promise<RunningDaemon> {
  const started = performance.now();
  const child = Bun.spawn(["sh", "bin/hall-monitor", "start"], {
    env,
    cwd: REPOSITORY,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await child.exited;
  };
  try {
    for (;;) {
      if (child.exitCode !== null)
        throw new Error(`the daemon ended: ${await new Response(child.stderr).text()}`);
      if (performance.now() - started > START_LIMIT_MS) throw new Error("the daemon did not become ready");
      const url = readUrl(env.HALL_DATA_DIR!);
      if (url && (await isDone(url))) {
        const status = () => readFileSync(`/proc/${child.pid}/status`, "utf8");
        const peak_mb = () => Number(/VmHWM:\s+(\d+)/.exec(status())?.[1] ?? Number.NaN) / 1000;
        return { url, pid: child.pid, started_in_ms: performance.now() - started, peak_mb, stop };
      }
      await Bun.sleep(POLL_MS);
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

function readUrl(dataDir: string): string | undefined {
  const path = join(dataDir, "daemon.json");
  if (!existsSync(path)) return undefined;
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as { url: string | null }).url ?? undefined;
  } catch {
    return undefined; // being written
  }
}

async function isDone(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/status`);
  if (!answer.ok) return false;
  const { data } = (await answer.json()) as { data: { state: string; backfill: { done: boolean } } };
  // Before the first scan there is nothing to do, which is not the same as done.
  return data.state !== "starting" && data.backfill.done;
}
