import type { Cursor } from "../schema/batch.ts";
import type { FoundFile } from "./discover.ts";
import type { Source } from "./sources/source.ts";

export type Work = { source: Source; path: string; live: boolean };

/** What is to be read next: what hooks left, then what changed just now, then history, newest file first. */
export function createQueue() {
  const live = new Map<string, Source>();
  const history = new Map<string, FoundFile>();
  let sorted: FoundFile[] = [];
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
    has: (path: string): boolean => live.has(path) || history.has(path),
    nextHistory(): Work | undefined {
      if (!isSorted) {
        sorted = [...history.values()].sort((a, b) => a.mtime_unix_ms - b.mtime_unix_ms);
        isSorted = true;
      }
      for (let file = sorted.pop(); file; file = sorted.pop())
        if (history.delete(file.path)) return { path: file.path, source: file.source, live: false };
      return undefined;
    },
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
        history.set(work.path, file);
        if (isSorted) sorted.push(file);
      }
    },
  };
}

/** Whether a file has bytes that were not read, as far as its size, time and inode tell. */
export function isChanged(file: FoundFile, cursor: Cursor | undefined): boolean {
  return (
    !cursor ||
    cursor.state === "deleted" ||
    cursor.size_bytes !== file.size_bytes ||
    cursor.mtime_unix_ms !== file.mtime_unix_ms ||
    cursor.inode !== file.inode
  );
}
