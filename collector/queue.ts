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
    /** `allowHistory` is false while a person may be waiting for live events to be stored. */
    next(allowHistory: boolean): Work | undefined {
      const work = nextLive();
      if (work || !allowHistory) return work;
      if (!isSorted) {
        sorted = [...history.values()].sort((a, b) => a.mtime_unix_ms - b.mtime_unix_ms);
        isSorted = true;
      }
      for (let file = sorted.pop(); file; file = sorted.pop())
        if (history.delete(file.path)) return { path: file.path, source: file.source, live: false };
      return undefined;
    },
    /** A file of the history that is not read to its end goes on next. */
    putBack(work: Work, found: FoundFile): void {
      if (work.live) live.set(work.path, work.source);
      else {
        history.set(work.path, found);
        if (isSorted) sorted.push(found);
      }
    },
    size: (): number => live.size + history.size,
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
