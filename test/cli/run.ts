import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUN_SEAL } from "../../schema/names.ts";
import { mayHaveDaemon } from "../leftovers.ts";

export const ROOT = join(import.meta.dir, "../..");
const MAIN = join(ROOT, "cli/main.ts");

export type Ran = { code: number; stdout: string; stderr: string };

/** A home of its own with a data directory in it; both are gone after the test. */
export function tempHome() {
  const home = mkdtempSync(join(tmpdir(), "hall-cli-"));
  const data_dir = join(home, "data");
  mayHaveDaemon(data_dir);
  return {
    home,
    data_dir,
    claude_dir: join(home, ".claude"),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}
export type Home = ReturnType<typeof tempHome>;

type Place = Pick<Home, "home" | "data_dir">;

export function environment({ home, data_dir }: Place): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: home,
    HALL_DATA_DIR: data_dir,
    HALL_PORT: "0",
    HALL_TIME_ZONE: "UTC",
  };
}

export function spawnCli(home: Place, args: string[], env: Record<string, string> = {}) {
  return Bun.spawn([process.execPath, ...BUN_SEAL, MAIN, ...args], {
    cwd: home.home,
    env: { ...environment(home), ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** The real program, to its end. */
export async function run(home: Place, args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const child = spawnCli(home, args, env);
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, stdout, stderr };
}
