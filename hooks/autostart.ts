/** How the SessionStart hook starts the daemon: in the background, with nothing of the session's folder or secrets. */

import * as fs from "node:fs";
import { readRegular } from "./regular.ts";

const OFF = ["", "false", "0", "no", "off"];
/** The daemon touches daemon.json far more often; the pid in an older file may meanwhile be that of another program. */
const FRESH_MS = 60_000;
/**
 * The daemon outlives the session by days, so it receives no API key of the agent. It needs proxies and certificates.
 */
const DAEMON_ENV =
  /^(HALL_.*|XDG_.*|LC_.*|HOME|PATH|USER|LOGNAME|SHELL|LANG|TZ|TMPDIR|BUN_INSTALL|CLAUDE_CONFIG_DIR|CODEX_HOME|CODEX_SESSIONS_DIR|ENABLE_CODEX_SOURCE|CLAUDE_STATUS_PATH|CODEX_STATUS_PATH|CODEX_CA_CERTIFICATE|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|(HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy)$/;

/**
 * Starts the product in `root` for the data directory `folder`, unless HALL_AUTOSTART is off or its daemon runs. When
 * in doubt it is started: a second daemon detects the first one's lock and ends.
 */
export async function startDaemon(folder: string, root: string): Promise<void> {
  const wish = process.env.HALL_AUTOSTART;
  if (wish !== undefined && OFF.includes(wish.toLowerCase())) return;
  const command = daemonCommand(root);
  if (command === undefined || isDaemonAlive(folder)) return;
  const { spawn } = await import("node:child_process");
  const [file, ...args] = command;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => DAEMON_ENV.test(name)));
  // An inherited stdout would block the session until the daemon ends.
  spawn(file, args, { cwd: folder, detached: true, stdio: "ignore", env }).unref();
}

/** The launcher finds the Bun that the daemon needs, whatever this process runs on; from a hook it fetches nothing. */
function daemonCommand(root: string): [string, ...string[]] | undefined {
  const launcher = `${root}/bin/hall-monitor`;
  const isWhole = fs.existsSync(`${root}/cli/main.js`) || fs.existsSync(`${root}/node_modules`);
  if (!isWhole || !fs.existsSync(launcher)) return undefined;
  return [process.platform === "win32" ? "sh" : "/bin/sh", launcher, "start", "--from-hook"];
}

function isDaemonAlive(folder: string): boolean {
  try {
    const path = `${folder}/daemon.json`;
    if (Math.abs(Date.now() - fs.lstatSync(path).mtimeMs) > FRESH_MS) return false;
    const { pid } = JSON.parse(readRegular(path, "own").toString("utf8")) as { pid?: unknown };
    if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
