import { existsSync } from "node:fs";
import type { Cursor } from "../schema/batch.ts";
import type { Store } from "../store/store.ts";
import type { FoundFile } from "./discover.ts";

/** The cursors of all known files, as the last commit left them. */
export function createFiles(store: Store) {
  const byPath = new Map<string, Cursor>();
  const byInode = new Map<number, Cursor>();
  let changes = 0;

  function load(): void {
    byPath.clear();
    byInode.clear();
    for (const cursor of store.cursors()) set(cursor);
  }

  function set(cursor: Cursor): void {
    changes++;
    byPath.set(cursor.path, cursor);
    byInode.set(cursor.inode, cursor);
  }
  load();

  return {
    load,
    set,
    get: (path: string): Cursor | undefined => byPath.get(path),
    /** Grows with every cursor that moves. */
    changes: (): number => changes,
    count: (): number => byPath.size,
    all: (): IterableIterator<Cursor> => byPath.values(),
    /** A new path with the inode of a known file that is gone from its old path is that file, moved. */
    adopt(found: FoundFile): Cursor | undefined {
      const known = byPath.get(found.path);
      if (known) return known;
      const old = byInode.get(found.inode);
      if (!old || old.source !== found.source.name || existsSync(old.path)) return undefined;
      store.moveFile(old.path, found.path);
      byPath.delete(old.path);
      const moved: Cursor = { ...old, path: found.path, state: "moved" };
      set(moved);
      return moved;
    },
    markDeleted(cursor: Cursor): void {
      store.markFile(cursor.path, "deleted");
      set({ ...cursor, state: "deleted" });
    },
    drop(path: string): void {
      store.deleteFile(path);
      const cursor = byPath.get(path);
      byPath.delete(path);
      if (cursor) byInode.delete(cursor.inode);
    },
  };
}
export type Files = ReturnType<typeof createFiles>;
