import { utimesSync } from "node:fs";
import { join } from "node:path";

/** A file that was not touched for six beats is that of a daemon that is gone or hangs. */
export const DAEMON_BEAT_MS = 10_000;

export function touchDaemonFile(dataDir: string): void {
  const now = Date.now() / 1000;
  try {
    utimesSync(join(dataDir, "daemon.json"), now, now);
  } catch {
    // A folder that was taken away is found by the comparison of folders.
  }
}
