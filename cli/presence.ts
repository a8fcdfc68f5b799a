import { lstatSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Beat, REST_MS } from "../collector/beat.ts";
import type { createTelemetry } from "../collector/telemetry.ts";
import type { Config } from "../schema/config.ts";
import { AppError, messageOf } from "../schema/errors.ts";
import { LOCK_FILE } from "../store/lock-holder.ts";
import { type Served, serve } from "../viewer/server.ts";
import { VERSION } from "./version.ts";

const REBIND_MS = 4000;
/** The SessionStart hook treats a file that is a minute old as that of an ended daemon. */
const BEAT_MS = 2000;

type App = Parameters<typeof serve>[0];
type Parts = {
  config: Config;
  beat: Beat;
  token: string;
  telemetry: Pick<ReturnType<typeof createTelemetry>, "raise" | "clear" | "problems">;
  /** Text for a person, or a JSON line with `json`. */
  log(text: string): void;
  json: boolean;
  /** The data directory is no longer the one to which this daemon writes. */
  onLost(): void;
};

/** How other processes find this daemon: its port, and daemon.json, which is kept fresh while it runs. */
export function createPresence(parts: Parts) {
  const { config, beat, telemetry, log, json } = parts;
  let served: Served | undefined;
  let ends: (() => void)[] = [];
  const url = () => served?.url ?? null;
  const file = createDaemonFile(parts, url);

  async function bind(app: App): Promise<void> {
    try {
      served = await serve(app, { port: config.port });
      telemetry.clear("viewer");
      file.write();
      log(json ? JSON.stringify({ url: url(), pid: process.pid }) : `hall-monitor is live at ${url()}`);
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

  return {
    url,
    ports: () => served?.ports ?? [],
    async open(app: App): Promise<void> {
      file.write();
      await bind(app);
      ends = [
        beat.every({ every_ms: REBIND_MS, run: () => served ?? void bind(app).catch(file.complain) }),
        beat.every({ every_ms: BEAT_MS, rest_ms: REST_MS, run: file.beat }),
      ];
    },
    /** From here on it can no longer be found; the port still answers. */
    hide(): void {
      for (const end of ends) end();
      file.remove();
    },
    close: async (): Promise<void> => served?.stop(),
  };
}

/** daemon.json: where commands and hooks find this daemon, and proof that it is alive. */
function createDaemonFile({ config, token, telemetry, onLost }: Parts, url: () => string | null) {
  const path = join(config.data_dir, "daemon.json");
  const home = homeOf(config.data_dir);
  let written = "";

  function write(): void {
    makeRoom(path);
    const found = { pid: process.pid, url: url(), token, version: VERSION };
    // Under another name first: a reader never finds half of it.
    rmSync(`${path}.tmp`, { force: true });
    writeFileSync(`${path}.tmp`, `${JSON.stringify(found)}\n`, { mode: 0o600, flag: "wx" });
    renameSync(`${path}.tmp`, path);
    written = stampOf(path);
  }
  function complain(error: unknown): void {
    telemetry.raise("daemon.json", {
      code: "data_directory_unusable",
      detail: `commands cannot find this daemon: ${messageOf(error)}`,
      hint: `check the permissions of ${config.data_dir}; retried automatically`,
    });
  }
  function beat(): void {
    const now = homeOf(config.data_dir);
    // Any error but its absence may be temporary, such as a network share that does not respond.
    if (now !== home && now !== "unknown") {
      onLost();
      return;
    }
    try {
      if (stampOf(path) !== written) write();
      const seconds = Date.now() / 1000;
      utimesSync(path, seconds, seconds);
      telemetry.clear("daemon.json");
    } catch (error) {
      complain(error);
    }
  }
  const remove = () => {
    if (stampOf(path) === written) rmSync(path, { force: true });
  };
  return { write, beat, complain, remove };
}

/** Checks that the folder and its lock are still those of the start. */
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

/** A folder under the name of our file is renamed; anything else is replaced. */
function makeRoom(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) renameSync(path, `${path}.odd-${Date.now()}`);
}
