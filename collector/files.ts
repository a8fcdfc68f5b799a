import { existsSync } from "node:fs";
import type { Cursor } from "../store/batch.ts";
import type { Store } from "../store/store.ts";
import type { FoundFile } from "./discover.ts";

/** The cursors of all known files, as of the last commit. */
export function createFiles(store: Store) {
  const known = createCursorIndex();

  function load(): void {
    known.clear();
    for (const cursor of store.cursors()) known.set(cursor);
  }
  load();

  return {
    load,
    set: known.set,
    get: (path: string): Cursor | undefined => known.byPath.get(path),
    changes: known.changes,
    count: (): number => known.byPath.size,
    all: (): IterableIterator<Cursor> => known.byPath.values(),
    /** A new path with the inode of a known file that left its old path is that file, moved. */
    adopt(found: FoundFile): Cursor | undefined {
      const same = known.byPath.get(found.path);
      if (same) return same;
      const old = known.byInode.get(found.inode);
      if (!old || old.source !== found.source.name || existsSync(old.path)) return undefined;
      store.moveFile(old.path, found.path);
      known.byPath.delete(old.path);
      const moved: Cursor = { ...old, path: found.path, state: "moved" };
      known.set(moved);
      return moved;
    },
    markDeleted(cursor: Cursor): void {
      store.markFile(cursor.path, "deleted");
      known.set({ ...cursor, state: "deleted" });
    },
    drop(path: string): void {
      store.deleteFile(path);
      known.drop(path);
    },
  };
}

function createCursorIndex() {
  const byPath = new Map<string, Cursor>();
  const byInode = new Map<number, Cursor>();
  let changes = 0;
  return {
    byPath: byPath as Pick<Map<string, Cursor>, "get" | "delete" | "values" | "size">,
    byInode: byInode as ReadonlyMap<number, Cursor>,
    /** Increases with every cursor that moves. */
    changes: (): number => changes,
    set(cursor: Cursor): void {
      changes++;
      byPath.set(cursor.path, cursor);
      byInode.set(cursor.inode, cursor);
    },
    drop(path: string): void {
      const cursor = byPath.get(path);
      byPath.delete(path);
      if (cursor) byInode.delete(cursor.inode);
    },
    clear(): void {
      byPath.clear();
      byInode.clear();
    },
  };
}
export type Files = ReturnType<typeof createFiles>;
