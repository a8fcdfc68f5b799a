import type { Problem } from "../collector/bus.ts";
import type { Config } from "../schema/config.ts";
import { runOnce } from "./daemon.ts";
import type { RunOptions } from "./daemon-parts.ts";
import { repairDatabase } from "./recovery.ts";

/**
 * `hall-monitor start` in the foreground: collector, store and viewer in one process, until it is stopped. If the
 * database is found damaged meanwhile, it is rebuilt, and the daemon restarts in the same process.
 */
export async function runDaemon(config: Config, options: RunOptions): Promise<number> {
  for (let repaired = await repairDatabase(config); ; ) {
    const end = await runOnce(config, options, repaired);
    if (end === "stopped") return 0;
    repaired = end.is_detached ? detachedProblem(end.detail) : await repairDatabase(config, end.detail);
  }
}

function detachedProblem(detail: string): Problem {
  return {
    code: "database_damaged",
    detail: `hall.db: ${detail} while the daemon was running; everything stored is in a new file`,
    hint: "no action needed; what was found in its place is kept as hall.db.corrupt-<time>",
  };
}
