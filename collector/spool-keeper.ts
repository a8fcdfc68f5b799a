import { readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Store } from "../store/store.ts";
import type { Files } from "./files.ts";

/** Longer than any hook may take to finish its write. */
const KEEP_MS = 15 * 60 * 1000;

/** Removes spool segments that are read to their end, once what they gave is in the database file itself. */
export function sweepSpool(files: Files, store: Store, now: number): number {
  const done = [...files.all()].filter(
    (c) => c.source === "spool" && c.offset === c.size_bytes && now - c.mtime_unix_ms > KEEP_MS,
  );
  const removable = done.filter((c) => sizeOf(c.path) === c.offset || sizeOf(c.path) === -1);
  if (removable.length === 0) return 0;
  store.checkpoint();
  for (const { path } of removable) {
    remove(path);
    files.drop(path);
  }
  return removable.length;
}

/** Bodies too large for a record, once no segment that could name them is left. */
export function sweepBigBodies(spoolRoot: string, files: Files, now: number): void {
  const oldest = Math.min(
    ...[...files.all()].filter((c) => c.source === "spool").map((c) => c.birth_unix_ms),
    now - KEEP_MS,
  );
  for (const name of namesIn(join(spoolRoot, "big"))) {
    const path = join(spoolRoot, "big", name);
    try {
      if (statSync(path).mtimeMs < oldest) remove(path);
    } catch {
      // Gone already.
    }
  }
}

/** What stands in the spool behind the place up to which it was read. */
export function spoolBacklog(
  spoolRoots: string[],
  readTo: (path: string) => number,
): { files: number; bytes: number } {
  const left = spoolRoots
    .flatMap((root) =>
      namesIn(root)
        .filter((name) => name.endsWith(".log"))
        .map((name) => join(root, name)),
    )
    .map((path) => sizeOf(path) - readTo(path))
    .filter((bytes) => bytes > 0);
  return { files: left.length, bytes: left.reduce((sum, bytes) => sum + bytes, 0) };
}

/** Each hook that found no place for its event left one byte. */
export function countLost(spoolRoots: string[]): number {
  return spoolRoots.reduce((sum, root) => sum + Math.max(0, sizeOf(join(root, "lost"))), 0);
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return -1;
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody else removed it.
  }
}
