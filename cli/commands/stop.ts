import { AppError } from "../../schema/errors.ts";
import { lockHolder } from "../../store/lock-holder.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { callRoute } from "../daemon-client.ts";
import { findPresence, type Presence, stopByWatchdog } from "../find-presence.ts";
import { out, printJson } from "../print.ts";

const PATIENCE_MS = 15_000;
/** A hung daemon does not end by itself. */
const HUNG_PATIENCE_MS = 2_000;
const POLL_MS = 50;

export const stop: Command = {
  options: { json: JSON_OPTION },
  more: "Hook events recorded while the daemon is stopped are read at its next start.",
  async run({ values, config }) {
    const { data_dir } = config();
    const presence = await findPresence(data_dir);
    if (presence.kind === "none" || presence.kind === "busy") throw nothingToStop(data_dir, presence);
    const { pid } = presence.daemon;
    await requestStop(data_dir, presence);
    if (
      !(await isFree(
        data_dir,
        presence.kind === "hung" && !presence.watchdogAnswers ? HUNG_PATIENCE_MS : PATIENCE_MS,
      ))
    )
      await force(data_dir, presence);
    if (flag(values, "json")) printJson({ stopped: true, pid });
    else out("hall-monitor has stopped");
    return 0;
  },
};

function nothingToStop(dataDir: string, presence: Presence): AppError {
  if (presence.kind === "none")
    return new AppError("not_running", `No daemon is running on ${dataDir}`, { hint: "nothing to stop" });
  const who =
    "holder" in presence && presence.holder !== undefined ? `process ${presence.holder}` : "another command";
  return new AppError("not_running", `No daemon found on ${dataDir}, but ${who} is writing to it`, {
    hint: "wait a moment if a daemon is starting; a `rebuild`, `backfill` or `import` ends on its own",
  });
}

/**
 * The pid in a file may be that of another program by now: a signal is only sent to the process that the kernel names.
 */
async function requestStop(
  dataDir: string,
  presence: Exclude<Presence, { kind: "none" | "busy" }>,
): Promise<void> {
  const { kind, daemon } = presence;
  if (kind === "live") await callRoute(daemon, "POST /shutdown");
  else if (kind === "pageless" || presence.watchdogAnswers) await stopByWatchdog(dataDir, daemon);
  else if (presence.holder !== daemon.pid) throw cannotEnd(daemon.pid);
  else process.kill(daemon.pid, "SIGTERM");
}

async function force(dataDir: string, { daemon }: { daemon: { pid: number } }): Promise<void> {
  if (lockHolder(dataDir)?.pid !== daemon.pid) throw cannotEnd(daemon.pid);
  process.kill(daemon.pid, "SIGKILL");
  if (!(await isFree(dataDir, PATIENCE_MS))) throw cannotEnd(daemon.pid);
}

const cannotEnd = (pid: number) =>
  new AppError(
    "daemon_hung",
    `The daemon is not responding and holds its lock; by daemon.json it is process ${pid}`,
    {
      hint: `check the process, then end it with \`kill -9 ${pid}\`; nothing is lost`,
    },
  );

async function isFree(dataDir: string, patienceMs: number): Promise<boolean> {
  for (const end = Date.now() + patienceMs; lockHolder(dataDir); await Bun.sleep(POLL_MS))
    if (Date.now() > end) return false;
  return true;
}
