import type { Database } from "bun:sqlite";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readRegular } from "../../hooks/regular.ts";
import { BUN_SEAL } from "../../schema/names.ts";
import type { DaemonStatus } from "../../schema/status.ts";
import { openReader } from "../../store/database.ts";
import { dueSessions } from "../../store/settle.ts";
import { type Fired, fireHook } from "../hooks/fire.ts";
import { mayHaveDaemon } from "../leftovers.ts";

export const ROOT = join(import.meta.dir, "../..");
const MAIN = join(ROOT, "cli/main.ts");
/** Only what never comes takes so long: it ends before the test does, with a name for what was missed. */
const NEVER_MS = 90_000;
const POLL_MS = 20;

type Env = Record<string, string>;

/** A home of its own in which both agents are installed; gone after the test. */
export function tempHome(env: Env = {}) {
  const path = mkdtempSync(join(tmpdir(), "hall-e2e-"));
  const data = env.HALL_DATA_DIR ?? join(path, "data");
  const home = {
    path,
    data,
    claude: join(path, ".claude/projects"),
    codex: join(path, ".codex/sessions"),
    env: {
      PATH: process.env.PATH ?? "",
      HOME: path,
      HALL_DATA_DIR: data,
      HALL_PORT: "0",
      HALL_TIME_ZONE: "UTC",
      HALL_AUTOSTART: "false",
      ...env,
    } as Env,
    /** A file below the home, with its folders. */
    at(relative: string): string {
      mkdirSync(dirname(join(path, relative)), { recursive: true });
      return join(path, relative);
    },
    fire: (event: string, payload: object | string): Promise<Fired> =>
      fireHook(event, typeof payload === "string" ? payload : `${JSON.stringify(payload)}\n`, {
        env: home.env,
      }),
    /** Reads the database that the daemon writes, by a connection that cannot write. */
    read<T>(run: (db: Database) => T): T {
      const db = openReader(data);
      try {
        return run(db);
      } finally {
        db.close();
      }
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
  for (const folder of [home.claude, home.codex]) mkdirSync(folder, { recursive: true });
  mayHaveDaemon(data);
  return home;
}
export type Home = ReturnType<typeof tempHome>;

export function all<T>(home: Home, sql: string, ...parameters: (string | number)[]): T[] {
  return home.read((db) => db.query(sql).all(...parameters) as T[]);
}

export function one<T>(home: Home, sql: string, ...parameters: (string | number)[]): T {
  return all<T>(home, sql, ...parameters)[0] as T;
}

/** What the daemon notes of itself, like a change of the capture mode, comes by its own clock: never counted on. */
export const OWN_NOTES = "event_id like 'hall:%'";

/** 0 as long as a daemon has not come so far as to make its tables. */
export function countStored(home: Home, table: "events" | "feed" = "events"): number {
  const isThere =
    existsSync(join(home.data, "hall.db")) &&
    all(home, "select 1 from sqlite_master where name = 'feed'").length > 0;
  return isThere
    ? one<{ n: number }>(home, `select count(*) as n from ${table} where not ${OWN_NOTES}`).n
    : 0;
}

/** Whether the calls that no file shows were worked out from all that is stored. */
export const isSettled = (home: Home): boolean =>
  home.read((db) => {
    const row = db.query<{ value: string }, []>("select value from meta where key = 'settled'").get();
    return dueSessions(db, row ? JSON.parse(row.value) : { seq: 0, total: 0, call: 0 }).length === 0;
  });

/** The real program. Nothing is waited for. */
export function spawnDaemon(home: Home, env: Env = {}, wrap: string[] = []) {
  return Bun.spawn([...wrap, process.execPath, ...BUN_SEAL, MAIN, "start", "--json"], {
    cwd: home.path,
    env: { ...home.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** To its end: what it printed and its exit code. */
export async function runDaemonToEnd(home: Home, env: Env = {}, wrap: string[] = []) {
  const child = spawnDaemon(home, env, wrap);
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, stdout, stderr };
}

export type Daemon = Awaited<ReturnType<typeof startDaemon>>;

/** The real program on a free port, ready when it answers. */
export async function startDaemon(home: Home, env: Env = {}, wrap: string[] = []) {
  const child = spawnDaemon(home, env, wrap);
  const stderr = new Response(child.stderr).text();
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const ready = async () => isOver() || (await answersOf(home.data, child.pid)) !== undefined;
  await until("the daemon answers", ready);
  if (isOver()) throw new Error(`the daemon ended with ${child.exitCode}: ${await stderr}`);
  const url = (await answersOf(home.data, child.pid))!;
  const get = async <T>(path: string): Promise<T> =>
    ((await (await fetch(`${url}${path}`)).json()) as { data: T }).data;
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<number | null> => {
    if (!isOver()) child.kill(signal);
    await child.exited;
    return child.exitCode;
  };
  return {
    url,
    pid: child.pid,
    child,
    /** `data` of an answer. */
    get,
    status: () => get<DaemonStatus>("/api/status"),
    stderr: () => stderr,
    stop: () => end("SIGTERM"),
    kill9: () => end("SIGKILL"),
    [Symbol.asyncDispose]: async () => void (await end("SIGKILL")),
  };
}

async function answersOf(dataDir: string, pid: number): Promise<string | undefined> {
  const file = daemonFile(dataDir);
  if (file?.pid !== pid || file.url === null) return undefined;
  try {
    return (await fetch(`${file.url}/healthz`)).ok ? file.url : undefined;
  } catch {
    return undefined;
  }
}

export function daemonFile(dataDir: string): { pid: number; url: string | null; token: string } | undefined {
  const path = join(dataDir, "daemon.json");
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readRegular(path, "own").toString("utf8"));
  } catch {
    return undefined; // being written
  }
}

/** Asks until it is so; fails with `what` when it never is. Returns how long it took. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = NEVER_MS,
): Promise<number> {
  const started = performance.now();
  while (!(await isSo())) {
    if (performance.now() - started > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await Bun.sleep(POLL_MS);
  }
  return performance.now() - started;
}

/** Checks until nothing is thrown; the last that was thrown comes out when it never is so. */
export async function untilHolds(check: () => Promise<unknown>): Promise<void> {
  for (const started = performance.now(); ; await Bun.sleep(POLL_MS)) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() - started > NEVER_MS) throw error;
    }
  }
}

/** The first status that is so: the next one may be another. */
export async function untilStatus(
  daemon: Daemon,
  what: string,
  isSo: (status: DaemonStatus) => boolean,
): Promise<DaemonStatus> {
  let status: DaemonStatus | undefined;
  await until(what, async () => {
    status = await daemon.status();
    return isSo(status);
  });
  return status!;
}

/** The program as a person runs it, to its end. */
export const cli = (home: Home, ...args: string[]) =>
  toEnd(join(ROOT, "cli/main.ts"), args, { cwd: home.path, env: home.env });

export async function toEnd(
  script: string,
  args: string[],
  options: { cwd?: string; env: Record<string, string | undefined> },
) {
  const child = Bun.spawn([process.execPath, ...BUN_SEAL, script, ...args], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, stdout, stderr };
}
