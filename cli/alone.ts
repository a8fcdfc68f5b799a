import { AppError } from "../schema/errors.ts";
import { takeLock } from "../store/lock.ts";
import { findDaemon } from "./daemon-client.ts";

/** Only one process writes: a command that does so says whom it would have to wait for. */
export async function refuseBesideDaemon(dataDir: string): Promise<void> {
  if (!(await findDaemon(dataDir)) && isFree(dataDir)) return;
  throw new AppError("database_busy", "The daemon writes to this database", {
    hint: "run `hall-monitor stop` first",
  });
}

/** A daemon whose port is taken does not answer, but holds its lock. */
function isFree(dataDir: string): boolean {
  try {
    takeLock(dataDir).release();
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "already_running") return false;
    throw error;
  }
}
