import { lstatSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { createTelemetry } from "../collector/telemetry.ts";
import type { Config } from "../schema/config.ts";
import { AppError } from "../schema/errors.ts";
import { LOCK_FILE } from "../store/lock-holder.ts";
import { type Served, serve } from "../viewer/server.ts";
import { VERSION } from "./version.ts";

const REBIND_MS = 5000;
/** The SessionStart hook takes a file of a minute's age as that of a daemon that is gone. */
const BEAT_MS = 2000;

type App = Parameters<typeof serve>[0];
type Parts = {
  config: Config;
  token: string;
  telemetry: Pick<ReturnType<typeof createTelemetry>, "raise" | "clear" | "problems">;
  /** What a person reads; the line of a script when `json`. */
  log(text: string): void;
  json: boolean;
  /** The data directory is not the one any more that this daemon writes to. */
  onLost(): void;
};

/** How others find this daemon: its port, and daemon.json, which is kept there and fresh while it lives. */
export function createPresence({ config, token, telemetry, log, json, onLost }: Parts) {
  const file = join(config.data_dir, "daemon.json");
  const home = homeOf(config.data_dir);
  let served: Served | undefined;
  let written = "";
  let timers: ReturnType<typeof setInterval>[] = [];

  function announce(): void {
    makeRoom(file);
    const { url } = served ?? { url: null };
    writeFileSync(file, `${JSON.stringify({ pid: process.pid, url, token, version: VERSION })}\n`, {
      mode: 0o600,
    });
    written = stampOf(file);
  }

  async function bind(app: App): Promise<void> {
    try {
      served = await serve(app, { port: config.port });
      telemetry.clear("viewer");
      announce();
      const { url } = served;
      log(json ? JSON.stringify({ url, pid: process.pid }) : `hall-monitor is live at ${url}`);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "port_busy") throw error;
      const { code, message, hint } = error;
      if (!telemetry.problems().some((p) => p.code === "port_busy"))
        log(
          `hall-monitor: ${message}\n  ${hint ?? ""}\n  events are still stored; the page starts when the port is free`,
        );
      telemetry.raise("viewer", { code, detail: message, ...(hint && { hint }) });
    }
  }

  function beat(): void {
    const now = homeOf(config.data_dir);
    // Anything but its absence may pass, as a share that does not answer for a while.
    if (now !== home && now !== "unknown") {
      onLost();
      return;
    }
    try {
      if (stampOf(file) !== written) announce();
      const seconds = Date.now() / 1000;
      utimesSync(file, seconds, seconds);
      telemetry.clear("daemon.json");
    } catch (error) {
      complain(error);
    }
  }

  function complain(error: unknown): void {
    telemetry.raise("daemon.json", {
      code: "data_directory_unusable",
      detail: `commands cannot find this daemon: ${error instanceof Error ? error.message : String(error)}`,
      hint: `check the permissions of ${config.data_dir}; retried automatically`,
    });
  }

  return {
    url: () => served?.url ?? null,
    ports: () => served?.ports ?? [],
    async open(app: App): Promise<void> {
      announce();
      await bind(app);
      timers = [
        setInterval(() => served ?? void bind(app).catch(complain), REBIND_MS),
        setInterval(beat, BEAT_MS),
      ];
    },
    /** From here on it is not found any more; the port is still answered. */
    hide(): void {
      for (const timer of timers) clearInterval(timer);
      if (stampOf(file) === written) rmSync(file, { force: true });
    },
    close: async (): Promise<void> => served?.stop(),
  };
}

/** Proof that the folder and the lock in it are still those of the start. */
function homeOf(dataDir: string): string {
  try {
    const [folder, lock] = [statSync(dataDir), lstatSync(join(dataDir, LOCK_FILE))];
    return [folder.dev, folder.ino, lock.ino].join(" ");
  } catch (error) {
    const { code } = error as { code?: string };
    return code === "ENOENT" || code === "ENOTDIR" ? "gone" : "unknown";
  }
}

function stampOf(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? [stat.ino, stat.size].join(" ") : "none";
}

/** What lies under the name of our file and is none is kept, under another name. */
function makeRoom(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) renameSync(path, `${path}.odd-${Date.now()}`);
  else rmSync(path, { force: true });
}
