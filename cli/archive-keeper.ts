import type { DaemonStatus } from "../schema/status.ts";
import { toStoreError } from "../store/database.ts";
import type { Pipeline } from "./pipeline.ts";

const RETRY_MS = 1000;
const ARCHIVE_LAG_MS = 1000;
/** Rows that change often are written a while after their commit. */
const CHECK_MS = 2000;

/**
 * The archive follows the commits when there is time, and at the latest after a second. A full disk only delays the
 * archive: missing lines are written from the database later.
 */
export function archiveKeeper({ archive, collector, bus }: Pipeline) {
  let due = 0;
  let after = 0;
  let checked = 0;
  // Also at the start: rows that a killed process had committed.
  let isBehind = true;
  const fallBehind = () => {
    isBehind = true;
  };
  for (const topic of ["committed", "observed"] as const) bus.subscribe(topic, fallBehind);

  function write(now: number): boolean {
    checked = now;
    due = now + ARCHIVE_LAG_MS;
    try {
      isBehind = archive.append(now);
      collector.telemetry.clear("archive");
      return isBehind;
    } catch (cause) {
      collector.telemetry.raise("archive", toProblemEntry(cause, "archive"));
      after = now + RETRY_MS;
      return false;
    }
  }

  return {
    /** True when something was written. */
    appendWhenDue(isBusy: boolean): boolean {
      const now = Date.now();
      if (now < after || (isBusy && now < due) || (!isBehind && now - checked < CHECK_MS)) return false;
      return write(now);
    },
    /** Everything, before the daemon ends. */
    finish(): void {
      archive.hurry();
      while (Date.now() >= after && write(Date.now()));
    },
  };
}

export function toProblemEntry(cause: unknown, what: string): DaemonStatus["problems"][number] {
  const { code, message, hint } = toStoreError(cause, what);
  return { code, detail: message, ...(hint && { hint }) };
}
