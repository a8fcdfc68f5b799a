import type { Cursor } from "../store/batch.ts";
import type { FoundFile } from "./discover.ts";
import type { Source } from "./sources/source.ts";

export type Work = { source: Source; path: string; live: boolean };

/** The next files to read: the spool, then changed files, then history, newest file first. */
export function createQueue() {
  const live = new Map<string, Source>();
  const history = createHistory();

  function nextLive(): Work | undefined {
    let first: [string, Source] | undefined;
    for (const entry of live) {
      first ??= entry;
      if (entry[1].name !== "spool") continue;
      if (first[1].name !== "spool" || entry[0] < first[0]) first = entry;
    }
    if (!first) return undefined;
    live.delete(first[0]);
    return { path: first[0], source: first[1], live: true };
  }

  return {
    addLive: (path: string, source: Source): void => {
      live.set(path, source);
      history.delete(path);
    },
    addHistory(file: FoundFile): void {
      if (!live.has(file.path)) history.add(file);
    },
    nextLive,
    hasLive: (): boolean => live.size > 0,
    /** Already queued: as a change, as history, or being read. */
    has: (path: string): boolean => live.has(path) || history.has(path),
    nextHistory: history.next,
    release: history.release,
    /** A file that was not read to its end is next. */
    putBack(work: Work): void {
      if (work.live) live.set(work.path, work.source);
      else history.putBack(work);
    },
  };
}

function createHistory() {
  const files = new Map<string, FoundFile>();
  /** The same files, the newest last. */
  let stack: FoundFile[] = [];
  const taken = new Set<string>();
  let isSorted = true;

  return {
    add(file: FoundFile): void {
      files.set(file.path, file);
      isSorted = false;
    },
    delete: (path: string): void => void files.delete(path),
    has: (path: string): boolean => files.has(path) || taken.has(path),
    /** Being read until it is released or put back. */
    next(): Work | undefined {
      if (!isSorted) stack = [...files.values()].sort(byAge);
      isSorted = true;
      for (let file = stack.pop(); file; file = stack.pop())
        // Files removed from `files` since are skipped.
        if (files.get(file.path) === file) {
          files.delete(file.path);
          taken.add(file.path);
          return { path: file.path, source: file.source, live: false };
        }
      return undefined;
    },
    release: ({ path }: Work): void => void taken.delete(path),
    putBack({ path, source }: Work): void {
      const file = { source, path, size_bytes: 0, mtime_unix_ms: Number.MAX_SAFE_INTEGER, inode: 0 };
      taken.delete(path);
      files.set(path, file);
      stack.push(file);
    },
  };
}

/** By path if times are equal: the order of a directory listing depends on the file system. */
function byAge(a: FoundFile, b: FoundFile): number {
  return a.mtime_unix_ms - b.mtime_unix_ms || (a.path < b.path ? 1 : -1);
}

/** Whether a file has unread bytes, by its size, time and inode. */
export function isChanged(file: FoundFile, cursor: Cursor | undefined): boolean {
  return (
    !cursor ||
    cursor.state === "deleted" ||
    cursor.size_bytes !== file.size_bytes ||
    cursor.mtime_unix_ms !== file.mtime_unix_ms ||
    cursor.inode !== file.inode
  );
}
export type Queue = ReturnType<typeof createQueue>;
