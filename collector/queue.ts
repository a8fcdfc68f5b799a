import type { Cursor } from "../schema/batch.ts";
import type { FoundFile } from "./discover.ts";
import type { Source } from "./sources/source.ts";

export type Work = { source: Source; path: string; live: boolean };

/** What is to be read next: what hooks left, then what changed just now, then history, newest file first. */
export function createQueue() {
  const live = new Map<string, Source>();
  const history = new Map<string, FoundFile>();
  /** The same files, the newest last. */
  let stack: FoundFile[] = [];
  const taken = new Set<string>();
  let isSorted = true;

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
      if (live.has(file.path)) return;
      history.set(file.path, file);
      isSorted = false;
    },
    nextLive,
    hasLive: (): boolean => live.size > 0,
    /** Already on its way: as a change, as history, or in the reader's hands. */
    has: (path: string): boolean => live.has(path) || history.has(path) || taken.has(path),
    /** In the reader's hands until it is released or put back. */
    nextHistory(): Work | undefined {
      if (!isSorted) sort();
      for (let file = stack.pop(); file; file = stack.pop())
        // What was taken out of `history` since is passed over.
        if (history.get(file.path) === file) {
          history.delete(file.path);
          taken.add(file.path);
          return { path: file.path, source: file.source, live: false };
        }
      return undefined;
    },
    release: ({ path }: Work): void => void taken.delete(path),
    /** A file that was not read to its end goes on next. */
    putBack(work: Work): void {
      if (work.live) live.set(work.path, work.source);
      else {
        const file = {
          source: work.source,
          path: work.path,
          size_bytes: 0,
          mtime_unix_ms: Number.MAX_SAFE_INTEGER,
          inode: 0,
        };
        taken.delete(work.path);
        history.set(work.path, file);
        stack.push(file);
      }
    },
  };

  function sort(): void {
    stack = [...history.values()].sort(byAge);
    isSorted = true;
  }
}

/** By path where times are equal: a folder lists its files in another order on every file system. */
function byAge(a: FoundFile, b: FoundFile): number {
  return a.mtime_unix_ms - b.mtime_unix_ms || (a.path < b.path ? 1 : -1);
}

/** Whether a file has bytes that were not read, judged by its size, time and inode. */
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
