import type { Cursor } from "../schema/batch.ts";
import type { FoundFile } from "./discover.ts";
import type { Source } from "./sources/source.ts";

export type Work = { source: Source; path: string; live: boolean };

/**
 * Of two threads that read side by side one prefers the source with most bytes, one the others: the runtime compiles
 * a decoder again for each thread, and neither needs both until one source is through.
 */
type Preferred = "any" | "largest" | "others";

/** What is to be read next: what hooks left, then what changed just now, then history, newest file first. */
export function createQueue() {
  const live = new Map<string, Source>();
  const history = new Map<string, FoundFile>();
  /** The same files by source, most bytes first, the newest last: what was taken out of `history` since is passed over. */
  let stacks: FoundFile[][] = [];
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
    nextHistory(preferred: Preferred = "any"): Work | undefined {
      if (!isSorted) sort();
      const left = stacks.filter(hasLeft);
      const wanted = left.filter(
        (stack) => preferred === "any" || (stack === stacks[0]) === (preferred === "largest"),
      );
      const [newest] = (wanted.length > 0 ? wanted : left).sort((a, b) => timeOfTop(b) - timeOfTop(a));
      const file = newest?.pop();
      if (!file) return undefined;
      history.delete(file.path);
      return { path: file.path, source: file.source, live: false };
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
        const stack = stacks.find(([first]) => first?.source === work.source);
        if (isSorted && stack) stack.push(file);
        else isSorted = false;
      }
    },
  };

  function sort(): void {
    const size = (stack: FoundFile[]) => stack.reduce((sum, file) => sum + file.size_bytes, 0);
    stacks = [...Map.groupBy(history.values(), (file) => file.source).values()].sort(
      (a, b) => size(b) - size(a),
    );
    for (const stack of stacks) stack.sort(byAge);
    isSorted = true;
  }

  /** Whether anything is left of it; what was taken is dropped on the way. */
  function hasLeft(stack: FoundFile[]): boolean {
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      if (history.get(top.path) === top) return true;
      stack.pop();
    }
    return false;
  }
}

/** By path where times are equal: a folder lists its files in another order on every file system. */
function byAge(a: FoundFile, b: FoundFile): number {
  return a.mtime_unix_ms - b.mtime_unix_ms || (a.path < b.path ? 1 : -1);
}

function timeOfTop(stack: FoundFile[]): number {
  return stack.at(-1)?.mtime_unix_ms ?? 0;
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
