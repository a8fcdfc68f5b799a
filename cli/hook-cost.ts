import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HookHealth } from "../schema/api-health.ts";
import type { Config } from "../schema/config.ts";
import { percentile } from "../schema/percentile.ts";
import { installedHook } from "./doctor/hooks.ts";
import { type HookCommand, type Installed, installed, settingsPath } from "./install/settings.ts";

const MOST_RUNS = 100;
const BUDGET_MS = 2000;
const RUN_TIMEOUT_MS = 5000;
/** The first runs read the program from the disk, which an agent at work has long done. */
const WARM_RUNS = 3;
const PAYLOAD = {
  session_id: "doctor-hook-cost",
  hook_event_name: "Notification",
  notification_type: "doctor",
  message: "hall-monitor measures its hook",
};

type Run = { ms: number; isGood: boolean };

/** Runs the installed hook as the agent would, one run after the other, into a folder that is removed afterwards. */
export async function measureHook(config: Config): Promise<HookHealth> {
  const hooks = readInstalled(config);
  const { way, command } = installedHook({ config, hooks, daemon: undefined, status: undefined, now: 0 });
  const path = config.limits.child_env.PATH ?? "";
  const folder = mkdtempSync(join(tmpdir(), "hall-hook-"));
  const env = { PATH: path, HOME: folder, HALL_DATA_DIR: folder, HALL_AUTOSTART: "false" };
  try {
    const runs = command ? await runMany(toCommandLine(command), env) : [];
    const times = runs.map((run) => run.ms).sort((a, b) => a - b);
    return {
      installed: way,
      events: hooks?.entries.size ?? 0,
      measured_unix_ms: Date.now(),
      runs: runs.length,
      failed_runs: runs.filter((run) => !run.isGood).length,
      p50_ms: percentile(times, 50),
      p99_ms: percentile(times, 99),
      max_ms: times.at(-1) ?? null,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readInstalled(config: Config): Installed | undefined {
  try {
    return installed(settingsPath(config));
  } catch {
    return undefined;
  }
}

const toCommandLine = ({ command, args }: HookCommand): string[] =>
  args ? [command, ...args] : ["/bin/sh", "-c", command];

async function runMany(line: string[], env: Record<string, string>): Promise<Run[]> {
  for (let i = 0; i < WARM_RUNS; i++) await runOnce(line, env);
  const runs: Run[] = [];
  const until = performance.now() + BUDGET_MS;
  while (runs.length < MOST_RUNS && performance.now() < until) runs.push(await runOnce(line, env));
  return runs;
}

async function runOnce(line: string[], env: Record<string, string>): Promise<Run> {
  const started = performance.now();
  try {
    const child = Bun.spawn(line, {
      env,
      stdin: Buffer.from(`${JSON.stringify(PAYLOAD)}\n`),
      stdout: "pipe",
      stderr: "ignore",
      timeout: RUN_TIMEOUT_MS,
    });
    const [code, printed] = await Promise.all([child.exited, new Response(child.stdout).text()]);
    return { ms: performance.now() - started, isGood: code === 0 && printed === "" };
  } catch {
    return { ms: performance.now() - started, isGood: false };
  }
}
