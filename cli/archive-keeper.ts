import type { DaemonStatus } from "../schema/status.ts";
import { toStoreError } from "../store/database.ts";
import type { Pipeline } from "./pipeline.ts";

const RETRY_MS = 1000;
const ARCHIVE_LAG_MS = 1000;

/**
 * The archive follows the database when there is time, and at the latest after a second. A disk that takes
 * nothing holds up the archive alone: what is missing is written from the database later.
 */
export function archiveKeeper({ archive, collector }: Pipeline): (isBusy: boolean) => boolean {
  let due = 0;
  let after = 0;
  return (isBusy) => {
    const now = Date.now();
    if (now < after || (isBusy && now < due)) return false;
    due = now + ARCHIVE_LAG_MS;
    try {
      const wrote = archive.append(now);
      collector.telemetry.clear("archive");
      return wrote;
    } catch (cause) {
      collector.telemetry.raise("archive", toProblemEntry(cause, "archive"));
      after = now + RETRY_MS;
      return false;
    }
  };
}

export function toProblemEntry(cause: unknown, what: string): DaemonStatus["problems"][number] {
  const { code, message, hint } = toStoreError(cause, what);
  return { code, detail: message, ...(hint && { hint }) };
}
