import { AppError } from "../schema/errors.ts";
import { lockHolder } from "../store/lock-holder.ts";

/** Only one process writes: a command that writes reports the current holder of the lock. */
export function refuseBesideDaemon(dataDir: string): void {
  const lock = lockHolder(dataDir);
  if (!lock) return;
  throw new AppError(
    "database_busy",
    `The daemon or another command writes to this database${lock.pid === undefined ? "" : ` (process ${lock.pid})`}`,
    { hint: "run `hall-monitor stop` first" },
  );
}
