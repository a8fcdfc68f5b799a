import type { DaemonStatus } from "../schema/status.ts";

const NOTHING_READ: DaemonStatus["backfill"] = {
  done: false,
  files_total: 0,
  files_done: 0,
  bytes_total: 0,
  bytes_done: 0,
  started_unix_ms: null,
  finished_unix_ms: null,
};

/** Progress of reading the history that existed at the start. */
export function createProgress(now: () => number) {
  const open = new Map<string, number>();
  let status = { ...NOTHING_READ };

  return {
    status: () => status,
    /** Remaining bytes. */
    left: (): number => status.bytes_total - status.bytes_done,
    reset(): void {
      open.clear();
      status = { ...NOTHING_READ };
    },
    add(path: string, bytes: number): void {
      if (open.has(path)) return;
      open.set(path, Math.max(0, bytes));
      status.files_total++;
      status.bytes_total += Math.max(0, bytes);
    },
    begin(): void {
      status.started_unix_ms = now();
      if (open.size === 0) this.finish();
    },
    advance(path: string, bytes: number, isWhole: boolean): void {
      const left = open.get(path);
      if (left === undefined) return;
      status.bytes_done += Math.min(left, bytes);
      open.set(path, Math.max(0, left - bytes));
      if (isWhole) this.done(path);
    },
    done(path: string): void {
      const left = open.get(path);
      if (left === undefined) return;
      open.delete(path);
      status.bytes_done += left;
      status.files_done++;
      if (open.size === 0) this.finish();
    },
    finish(): void {
      status.done = true;
      status.finished_unix_ms ??= now();
    },
  };
}
export type Progress = ReturnType<typeof createProgress>;
