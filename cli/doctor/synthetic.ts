import { type DaemonFile, openRoute } from "../daemon-client.ts";
import type { HookCommand } from "../install/settings.ts";
import { messages } from "../server-sent.ts";
import { type Check, fail, ok, type Patient } from "./check.ts";
import { installedHook } from "./hooks.ts";
import { DOCTOR_SESSION } from "./records.ts";

const PATIENCE_MS = 5000;
const NAME = "test event";

/** Sends one event as the agent would and waits for it on the page's stream: this tests the whole path. */
export async function synthetic(patient: Patient): Promise<Check[]> {
  const { way, command } = installedHook(patient);
  if (!patient.daemon)
    return [
      fail(NAME, "not sent: no daemon is running", "`hall-monitor start --detach`, then run this again"),
    ];
  if (!command)
    return [
      fail(NAME, "not sent: the hook command does not exist", "`hall-monitor uninstall`, then install again"),
    ];
  const through =
    way === "none"
      ? "this installation's own hook (none is installed)"
      : `the hook installed ${way === "plugin" ? "as a plugin" : "in the settings"}`;
  const session_id = `${DOCTOR_SESSION}${Bun.randomUUIDv7()}`;
  const arrived = await watch(patient.daemon, session_id, () => fire(command, session_id));
  if (arrived.fault !== undefined)
    return [fail(NAME, `${through} ${arrived.fault}`, "the agent would notice; reinstall hall-monitor")];
  if (arrived.after_ms === undefined)
    return [
      fail(
        NAME,
        `sent through ${through}, but not received within ${PATIENCE_MS / 1000} s`,
        "check that HALL_DATA_DIR is the same for the agent and the daemon",
      ),
    ];
  return [
    ok(NAME, `sent through ${through}, received on the stream after ${Math.round(arrived.after_ms)} ms`),
  ];
}

type Arrived = { after_ms?: number; fault?: string };

/** The stream is open before the event is sent, so it cannot be missed. */
async function watch(
  daemon: DaemonFile,
  session_id: string,
  send: () => Promise<string | undefined>,
): Promise<Arrived> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const stream = await openRoute(daemon, "GET /events", { query: { session_id } }, { signal });
    const started = performance.now();
    const sent = send();
    try {
      for await (const { data } of messages(stream)) if (data.includes(session_id)) break;
      const after_ms = performance.now() - started;
      const fault = await sent;
      if (fault !== undefined) return { fault };
      return signal.aborted ? {} : { after_ms };
    } catch {
      const fault = await sent;
      return fault === undefined ? {} : { fault };
    } finally {
      stream.destroy();
    }
  } catch {
    return {};
  }
}

/** A hook must print nothing and exit with 0, as otherwise it would influence the agent. */
async function fire({ command, args }: HookCommand, session_id: string): Promise<string | undefined> {
  const payload = {
    session_id,
    hook_event_name: "Notification",
    notification_type: "doctor",
    message: "hall-monitor doctor",
  };
  const child = start(args ? [command, ...args] : ["/bin/sh", "-c", command], payload);
  if (child === undefined) return "cannot be started";
  const [code, stdout] = await Promise.all([child.exited, new Response(child.stdout).text()]);
  if (code !== 0) return `ended with code ${code}`;
  return stdout === "" ? undefined : "printed something";
}

function start(command: string[], payload: object) {
  try {
    return Bun.spawn(command, {
      stdin: Buffer.from(`${JSON.stringify(payload)}\n`),
      stdout: "pipe",
      stderr: "ignore",
      timeout: PATIENCE_MS,
    });
  } catch {
    return undefined;
  }
}
