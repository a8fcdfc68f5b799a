import { closeSync, existsSync, lstatSync, readdirSync, readSync, statSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ensurePrivate, LOST_FILE } from "../hooks/append.ts";
import { openRegular } from "../hooks/regular.ts";
import { WEEK_MS } from "../schema/durations.ts";
import type { Store } from "../store/store.ts";
import type { Files } from "./files.ts";
import type { Telemetry } from "./telemetry.ts";

/** Longer than any hook takes to finish its write. */
const KEEP_MS = 15 * 60 * 1000;
const DOT = ".".charCodeAt(0);

/** Removes fully read spool segments, once their content is in the database file itself. */
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
      // Already removed.
    }
  }
}

/** Unread bytes and files of the spool. */
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

/** Longer than a weekend: the count is kept, but the problem clears. */
const RECENT_MS = WEEK_MS;
/** More than a full disk can cause. */
const LOST_LIMIT_BYTES = 1024 * 1024;

export type Losses = { events: number; is_recent: boolean };

/** Each hook that could not write its event left one dot. */
export function countLost(spoolRoots: string[], now: number): Losses {
  const found = spoolRoots.map((root) => readLost(join(root, LOST_FILE)));
  return {
    events: found.reduce((sum, { events }) => sum + events, 0),
    is_recent: found.some(({ events, at }) => events > 0 && now - at < RECENT_MS),
  };
}

function readLost(path: string): { events: number; at: number } {
  try {
    const { size, mtimeMs } = lstatSync(path);
    if (size <= 1) return { events: 0, at: mtimeMs };
    const bytes = readStart(path, LOST_LIMIT_BYTES);
    return { events: bytes.reduce((sum, byte) => sum + (byte === DOT ? 1 : 0), 0), at: mtimeMs };
  } catch {
    return { events: 0, at: 0 };
  }
}

function readStart(path: string, limit: number): Buffer {
  const fd = openRegular(path, "own");
  try {
    const bytes = Buffer.alloc(limit);
    return bytes.subarray(0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}

export function reportLosses(spoolRoots: string[], telemetry: Telemetry, now: number): void {
  const lost = countLost(spoolRoots, now);
  telemetry.counters.hook_events_lost = lost.events;
  if (lost.is_recent)
    telemetry.raise("hook events lost", {
      code: "hook_events_lost",
      detail: `${lost.events} hook ${lost.events === 1 ? "event" : "events"} could not be written`,
    });
  else telemetry.clear("hook events lost");
}

/** Another user could have created a spool under our name and filled it. */
export function isOurSpool(root: string, telemetry: Telemetry): boolean {
  try {
    if (existsSync(root)) for (const folder of [dirname(root), root]) ensurePrivate(folder);
    telemetry.clear(`spool ${root}`);
    return true;
  } catch {
    telemetry.raise(`spool ${root}`, {
      code: "spool_not_private",
      detail: `${root} belongs to another user or is writable by others, so it is not read`,
    });
    return false;
  }
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
    // Another process removed it.
  }
}
