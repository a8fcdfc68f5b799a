import type { Database } from "bun:sqlite";
import { statSync } from "node:fs";

/** The log is copied into the database once it is this long, and truncated once it is this much longer. */
const COPY_BYTES = 4 * 1024 * 1024;
const CUT_BYTES = 32 * 1024 * 1024;
/** How long a reader with an old snapshot may prevent truncation before it is reported. */
const PATIENCE_MS = 60_000;

type State = {
  /** Another process changed the file since the last checkpoint. */
  isForeign: boolean;
  problem?: { code: "log_not_cut"; detail: string };
};

/**
 * Copies the log into the database every few seconds, so that it never grows for long, and truncates it if readers have
 * kept it from restarting. SQLite writes the file itself only when it copies the log: a modification time without a
 * checkpoint is a foreign write.
 */
export function createCheckpoints(db: Database, path: string) {
  const total = db.query<{ busy: number; log: number; checkpointed: number }, []>(
    "pragma wal_checkpoint(passive)",
  );
  const noop = db.query<{ checkpointed: number }, []>("pragma wal_checkpoint(noop)");
  const cut = db.query<{ busy: number }, []>("pragma wal_checkpoint(truncate)");
  let seen = signatureOf(path);
  // Not read from the log's index itself: closing that file would release SQLite's locks on it.
  const copiedNow = () => noop.get()?.checkpointed;
  let copied = copiedNow();
  let longSince: number | undefined;

  return {
    checkpoint(now = performance.now()): State {
      const isForeign = signatureOf(path) !== seen && copiedNow() === copied;
      const bytes = sizeOf(`${path}-wal`);
      if (bytes > COPY_BYTES) total.get();
      const isLong = bytes > CUT_BYTES && cut.get()?.busy !== 0;
      if (!isLong) longSince = undefined;
      else longSince ??= now;
      seen = signatureOf(path);
      copied = copiedNow();
      if (longSince === undefined || now - longSince < PATIENCE_MS) return { isForeign };
      return {
        isForeign,
        problem: {
          code: "log_not_cut",
          detail: `hall.db-wal is ${Math.round(bytes / 1e6)} MB long, because another program holds an old read transaction`,
        },
      };
    },
  };
}

function signatureOf(path: string): string {
  try {
    const { mtimeMs, size } = statSync(path);
    return `${mtimeMs} ${size}`;
  } catch {
    return "";
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
