import { closeSync } from "node:fs";
import { join } from "node:path";
import { openRegular, readRegular } from "../../hooks/regular.ts";
import type { Config } from "../../schema/config.ts";
import { AppError, ERROR_CODES } from "../../schema/errors.ts";
import { BUN_SEAL } from "../../schema/names.ts";
import { ensurePrivateFolder } from "../../store/database.ts";
import { type Command, flag, JSON_OPTION, type Values } from "../command.ts";
import { type DaemonFile, findDaemon } from "../daemon-client.ts";
import { findPresence, toHungError, toPagelessError } from "../find-presence.ts";
import { complain, out, printJson, toPlain } from "../print.ts";
import { VERSION } from "../version.ts";

const PATIENCE_MS = 5000;
const POLL_MS = 50;

export const start: Command = {
  options: {
    detach: { type: "boolean", short: "d", what: "run in the background and return when the page answers" },
    "from-hook": {
      type: "boolean",
      excludes: ["--detach", "--json"],
      what: "used by the SessionStart hook; prints nothing",
    },
    restart: {
      type: "boolean",
      excludes: ["--detach"],
      what: "restart the daemon if it hangs (--detach always does)",
    },
    json: JSON_OPTION,
  },
  more: "Without --detach it runs until Ctrl-C. There is one daemon per data directory (HALL_DATA_DIR).",
  async run({ values, config }) {
    const settings = config();
    const json = flag(values, "json");
    const fromHook = flag(values, "from-hook");
    const presence = await findPresence(settings.data_dir);
    if (presence.kind === "live") return fromHook ? 0 : reportRunning(presence.daemon, json);
    if (presence.kind === "hung") throw toHungError(presence);
    if (flag(values, "detach")) return report(await detach(settings), "is live at", json);
    const { runDaemon } = await import("../run-daemon.ts");
    return runDaemon(settings, { fromHook, json, restart: again(values) });
  },
};

/** The same call again. A detached daemon no longer has a reader of its log. */
function again(values: Values): string[] | null {
  if (!flag(values, "from-hook") && !flag(values, "restart")) return null;
  return [process.execPath, ...BUN_SEAL, Bun.main, "start", "--from-hook"];
}

function report({ pid, url }: DaemonFile, words: string, json: boolean): number {
  if (json) printJson({ url, pid });
  else out(`hall-monitor ${words} ${url}`);
  return 0;
}

/** An update does not reach a daemon that is running. */
function reportRunning(daemon: DaemonFile, json: boolean): number {
  if (daemon.version !== VERSION) {
    complain(`hall-monitor: the running daemon is version ${toPlain(daemon.version)}, this is ${VERSION}`);
    complain("  `hall-monitor stop`, then start it again");
  }
  return report(daemon, "already runs at", json);
}

/** A separate session without our pipes: the caller's terminal may close, and a reader of our output gets its end. */
async function detach(config: Config): Promise<DaemonFile> {
  ensurePrivateFolder(config.data_dir);
  const log = join(config.data_dir, "start.log");
  const fd = openRegular(log, "own", "replace");
  const child = Bun.spawn([process.execPath, ...BUN_SEAL, Bun.main, "start", "--json", "--restart"], {
    stdio: ["ignore", "ignore", fd],
    detached: true,
  });
  child.unref();
  closeSync(fd);
  // Another start at the same moment may have been first: its daemon is the one to wait for.
  const isSecond = () => child.exitCode === ERROR_CODES.already_running.exit;
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await Bun.sleep(POLL_MS)) {
    const daemon = await findDaemon(config.data_dir);
    if (daemon) return daemon;
    if (child.exitCode !== null && !isSecond()) throw await whyItEnded(readLog(log), child.exitCode);
  }
  throw isSecond() ? await whyItEnded(readLog(log), child.exitCode ?? 0) : await whyNotThere(config);
}

const readLog = (path: string): string => readRegular(path, "own").toString("utf8");

async function whyItEnded(log: string, exitCode: number): Promise<AppError> {
  const { ProblemDocument } = await import("../../schema/envelope.ts");
  for (const line of log.trim().split("\n").reverse()) {
    try {
      const { code, detail, hint } = ProblemDocument.parse(JSON.parse(line));
      return new AppError(code, detail, hint === undefined ? {} : { hint });
    } catch {
      // Not every line of the log is a problem.
    }
  }
  return new AppError(
    "internal",
    `The daemon exited at once with code ${exitCode}: ${log.trim().slice(-500)}`,
  );
}

async function whyNotThere(config: Config): Promise<AppError> {
  const presence = await findPresence(config.data_dir);
  if (presence.kind === "hung") return toHungError(presence);
  if (presence.kind === "pageless") return toPagelessError(presence, config.port);
  return new AppError("not_running", `The daemon is not responding after ${PATIENCE_MS / 1000} s`, {
    hint: "run `hall-monitor start` in the foreground to see why",
  });
}
