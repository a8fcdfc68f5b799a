import { spawn } from "node:child_process";
import type { RecentAlert } from "../../schema/alerts.ts";
import type { Receiver } from "./delivery.ts";

const MAX_AGE_MS = 5 * 60_000;
const TIMEOUT_MS = 5_000;
const APPLE = [
  "on run argv",
  "display notification (item 2 of argv) with title (item 1 of argv)",
  "end run",
].flatMap((line) => ["-e", line]);

/** Undefined if this machine has no notification program. Texts are arguments, never part of a script. */
export function createDesktop(path: string): Receiver | undefined {
  const command = (["notify-send", "osascript"] as const)
    .map((name) => ({ name, program: Bun.which(name, { PATH: path }) }))
    .find((c) => c.program !== null);
  if (!command?.program) return undefined;
  const { name, program } = command;
  return {
    name: "desktop",
    max_age_ms: MAX_AGE_MS,
    send: (notice, signal) =>
      new Promise((resolve) => {
        const child = spawn(program, name === "osascript" ? toApple(notice) : toNotifySend(notice), {
          stdio: "ignore",
          timeout: TIMEOUT_MS,
          signal,
        });
        // A notice that cannot be shown now is not shown later.
        child.on("error", () => resolve({ ok: false, failure: "failed", is_final: true }));
        child.on("exit", (code) =>
          resolve(code === 0 ? { ok: true } : { ok: false, failure: `exit_${code}`, is_final: true }),
        );
      }),
  };
}

const toTitle = (n: RecentAlert) => (n.event_type === "alert_cleared" ? `Cleared: ${n.title}` : n.title);

function toNotifySend(n: RecentAlert): string[] {
  const isUrgent = n.event_type === "alert_fired" && n.severity === "critical";
  return [
    "--app-name=hall-monitor",
    `--urgency=${isUrgent ? "critical" : "normal"}`,
    "--",
    toTitle(n),
    n.detail,
  ];
}

function toApple(n: RecentAlert): string[] {
  return [...APPLE, "--", toTitle(n), n.detail];
}
