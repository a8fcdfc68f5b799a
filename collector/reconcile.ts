import type { Cursor } from "../store/batch.ts";
import type { Store } from "../store/store.ts";
import type { createPipelineCounters } from "./counters.ts";
import { discover, type Root, realPath, toFolderProblem } from "./discover.ts";
import type { Files } from "./files.ts";
import type { Progress } from "./progress.ts";
import { isChanged, type Queue } from "./queue.ts";
import { isOurSpool, reportLosses, spoolBacklog, sweepBigBodies, sweepSpool } from "./spool-keeper.ts";
import { createSpoolProbe } from "./spool-probe.ts";
import { placeKey, type Telemetry } from "./telemetry.ts";

export type ReconcilerParts = {
  roots: readonly Root[];
  store: Store;
  files: Files;
  queue: Queue;
  progress: Progress;
  counters: ReturnType<typeof createPipelineCounters>;
  telemetry: Telemetry;
  now(): number;
};

/** Compares the folders with what was read, and queues the difference: the first scan is history, later ones are live. */
export function createReconciler(parts: ReconcilerParts) {
  const { roots, store, files, progress, counters, telemetry, now } = parts;
  const spoolRoots = roots.filter((r) => r.source.name === "spool").map((r) => r.path);
  let lastScan: number | null = null;

  const trusted = () => roots.filter((r) => r.source.name !== "spool" || isOurSpool(r.path, telemetry));
  /** A source that is switched off has no roots: its files are not gone. */
  const isFollowed = (cursor: Cursor) => roots.some((root) => root.source.name === cursor.source);

  const unreported = createUnreported(counters.missedByWatcher);
  const scanFolder = createFolderScan(parts, unreported.add);

  function scan(): void {
    const seen = new Set<string>();
    const faulty = new Set<string>();
    const isFirst = lastScan === null;
    unreported.count();
    for (const root of trusted()) scanFolder(root, { seen, faulty, isFirst });
    telemetry.clearAllBut("file", seen);
    telemetry.clearAllBut("folder", faulty);
    for (const cursor of files.all())
      if (!seen.has(cursor.path) && cursor.state !== "deleted" && isFollowed(cursor))
        files.markDeleted(cursor);
    sweepSpool(files, store, now());
    for (const root of spoolRoots) sweepBigBodies(root, files, now());
    reportLosses(spoolRoots, telemetry, now());
    lastScan = now();
    if (isFirst) progress.begin();
  }

  return {
    scan,
    /** The next scan is a first one again. */
    rescan(): void {
      lastScan = null;
      scan();
    },
    lastScan: () => lastScan,
    foundByScan: counters.foundByScan,
    spoolBacklog: () => spoolBacklog(spoolRoots, (path) => files.get(path)?.offset ?? 0),
    pollSpool: createSpoolPoll(parts, trusted, spoolRoots),
    touch: createTouch(parts, unreported.delete),
  };
}

/**
 * Changes that a scan found before the watcher reported them: its report may be pending, so it has until the next scan.
 */
function createUnreported(onMissed: () => void) {
  const paths = new Set<string>();
  return {
    add: (path: string): void => void paths.add(path),
    delete: (path: string): void => void paths.delete(path),
    count(): void {
      for (const _ of paths) onMissed();
      paths.clear();
    },
  };
}

/** The files and the folders with a problem that a scan has found. */
type Scanned = { seen: Set<string>; faulty: Set<string>; isFirst: boolean };

/** Queues the unread files of a folder, and records each of its files. */
function createFolderScan(
  { files, queue, progress, counters, telemetry }: ReconcilerParts,
  onFirstSeen: (path: string) => void,
) {
  return (root: Root, { seen, faulty, isFirst }: Scanned): void => {
    const found = discover(root, (path, code) => {
      counters.notListed(root.source.name, path);
      faulty.add(path);
      telemetry.raise(placeKey("folder", path), toFolderProblem(path, code));
    });
    for (const file of found) {
      seen.add(file.path);
      const cursor = files.adopt(file);
      if (!isChanged(file, cursor) || (!isFirst && queue.has(file.path))) continue;
      counters.found(file.source.name);
      if (isFirst && file.source.name !== "spool") {
        queue.addHistory(file);
        progress.add(file.path, file.size_bytes - (cursor?.offset ?? 0));
      } else {
        if (!isFirst && file.source.name !== "spool") onFirstSeen(file.path);
        queue.addLive(file.path, file.source);
      }
    }
  };
}

/**
 * Checks the size of the newest spool segments, so that a hook event does not wait for a lost notification. True if
 * something is to be read.
 */
function createSpoolPoll(
  { queue, files }: ReconcilerParts,
  trusted: () => readonly Root[],
  spoolRoots: readonly string[],
) {
  const isSpoolWritten = createSpoolProbe(spoolRoots);
  return (): boolean => {
    if (!isSpoolWritten()) return queue.hasLive();
    for (const root of trusted().filter(({ source }) => source.name === "spool"))
      for (const file of discover(root, () => {}))
        if (isChanged(file, files.get(file.path))) queue.addLive(file.path, file.source);
    return queue.hasLive();
  };
}

/** Queues a path that the watcher reported; anything that is not a source's file is skipped. */
function createTouch({ roots, queue }: ReconcilerParts, onReport: (path: string) => void) {
  return (path: string): boolean => {
    onReport(path);
    const root = roots.find((one) => holds(one, path));
    if (root) queue.addLive(path, root.source);
    return root !== undefined;
  };
}

function holds({ path: folder, source }: Root, path: string): boolean {
  const held = [folder, realPath(folder)].find((f) => path.startsWith(`${f}/`));
  return held !== undefined && source.accepts(path.slice(held.length + 1));
}
