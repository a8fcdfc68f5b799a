import { lstatSync } from "node:fs";
import { join } from "node:path";
import { HUNG_MS } from "../collector/beat.ts";
import { AppError } from "../schema/errors.ts";
import { lockHolder } from "../store/lock-holder.ts";
import { challenge, type DaemonFile, findDaemon, readDaemonFile, textOf } from "./daemon-client.ts";
import { controlSocket, type WatchdogState } from "./watchdog.ts";

/**
 * State of the daemon of a data directory. `holder` is the process that the kernel names as the lock's holder. -
 * `live`: it has answered, and shown that it is this one - `pageless`: it lives, but its port is another program's -
 * `hung`: it holds the lock and does not answer - `busy`: something else of ours holds the lock, or a daemon that has
 * only begun
 */
export type Presence =
  | { kind: "none" }
  | { kind: "live"; daemon: DaemonFile }
  | { kind: "pageless"; daemon: DaemonFile }
  | {
      kind: "hung";
      daemon: DaemonFile;
      holder: number | undefined;
      hung_ms: number | null;
      watchdogAnswers: boolean;
    }
  | { kind: "busy"; holder: number | undefined };

export async function findPresence(dataDir: string): Promise<Presence> {
  const live = await findDaemon(dataDir);
  if (live) return { kind: "live", daemon: live };
  const lock = lockHolder(dataDir);
  if (!lock) return { kind: "none" };
  const { pid: holder } = lock;
  const daemon = readDaemonFile(dataDir);
  if (!daemon || (holder !== undefined && holder !== daemon.pid)) return { kind: "busy", holder };
  const state = await queryWatchdog(dataDir, daemon);
  if (state && state.hung_ms < HUNG_MS) {
    if (daemon.url === null) return { kind: "pageless", daemon };
    const again = await findDaemon(dataDir);
    if (again) return { kind: "live", daemon: again };
  }
  const hung_ms = state ? state.hung_ms : silentFor(dataDir);
  return { kind: "hung", daemon, holder, hung_ms, watchdogAnswers: state !== undefined };
}

async function queryWatchdog(dataDir: string, daemon: DaemonFile): Promise<WatchdogState | undefined> {
  const socketPath = controlSocket(dataDir);
  if (socketPath === null) return undefined;
  try {
    const answer = await challenge(daemon, { socketPath, path: "/" });
    return answer && (JSON.parse(await textOf(answer)) as WatchdogState);
  } catch {
    return undefined;
  }
}

/** Ends the daemon, even a hung one, through its watchdog thread; only after it answered a challenge. */
export async function stopByWatchdog(dataDir: string, { token }: DaemonFile): Promise<void> {
  const { request } = await import("node:http");
  const socketPath = controlSocket(dataDir) ?? "";
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    request({ socketPath, path: "/", method: "POST", headers }, (answer) => {
      answer.resume();
      resolve();
    })
      .on("error", reject)
      .end();
  });
}

function silentFor(dataDir: string): number | null {
  const stat = lstatSync(join(dataDir, "daemon.json"), { throwIfNoEntry: false });
  return stat ? Math.max(0, Date.now() - stat.mtimeMs) : null;
}

export function toHungError({ daemon, hung_ms }: Extract<Presence, { kind: "hung" }>): AppError {
  const since = hung_ms === null ? "" : ` for ${Math.round(hung_ms / 1000)} s`;
  return new AppError(
    "daemon_hung",
    `The daemon (process ${daemon.pid}) hangs${since}: it holds its lock and does not answer`,
    {
      hint: "run `hall-monitor stop`, then `hall-monitor start --detach`; nothing is lost",
    },
  );
}

/** `port` where it is known: a command that asks the daemon need not have the same setting. */
export function toPagelessError(
  { daemon }: Extract<Presence, { kind: "pageless" }>,
  port?: number,
): AppError {
  const name = port === undefined ? "its port" : `port ${port}`;
  return new AppError(
    "port_busy",
    `The daemon is running (process ${daemon.pid}), but ${name} is used by another program`,
    {
      hint: "events are still stored; free the port, or `hall-monitor stop` and start with another HALL_PORT",
    },
  );
}
