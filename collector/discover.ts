import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Source } from "./sources/source.ts";

export type Root = {
  source: Source;
  path: string;
  /** The operator's alias of the account whose folder it is. */
  account?: string;
};
export type FoundFile = {
  source: Source;
  path: string;
  size_bytes: number;
  mtime_unix_ms: number;
  inode: number;
};

/**
 * Every file of a root that belongs to its source, wherever it lies. Paths are real paths, so one folder that
 * is reached by two names is read once, and a loop of links ends. A folder that cannot be listed is told through `onError` and passed over.
 */
export function* discover(root: Root, onError: (path: string, code: string) => void): Generator<FoundFile> {
  let real: string;
  try {
    real = realpathSync(root.path);
  } catch {
    return;
  }
  const folders: Folder[] = [{ relative: "", path: real }];
  const visited = new Set<string>();
  while (folders.length > 0) {
    const folder = folders.pop()!;
    if (visited.has(folder.path)) continue;
    visited.add(folder.path);
    for (const entry of list(folder.path, onError)) {
      const relative = folder.relative === "" ? entry.name : `${folder.relative}/${entry.name}`;
      const path = join(folder.path, entry.name);
      const inner = entry.isDirectory() ? path : entry.isSymbolicLink() ? linkedFolder(path) : undefined;
      if (inner !== undefined) folders.push({ relative, path: inner });
      else if (root.source.accepts(relative)) {
        const found = look(root.source, path, entry.isSymbolicLink());
        if (found) yield found;
      }
    }
  }
}

/** Where it lies, and the name by which it was reached: a source knows its files by that. */
type Folder = { relative: string; path: string };

function list(path: string, onError: (path: string, code: string) => void): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    const code = (error as { code?: string }).code ?? "EIO";
    if (code !== "ENOENT") onError(path, code);
    return [];
  }
}

function linkedFolder(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}

function look(source: Source, path: string, isLink: boolean): FoundFile | undefined {
  try {
    const real = isLink ? realpathSync(path) : path;
    const stats = statSync(real);
    if (!stats.isFile()) return undefined;
    return {
      source,
      path: real,
      size_bytes: stats.size,
      mtime_unix_ms: Math.floor(stats.mtimeMs),
      inode: stats.ino,
    };
  } catch {
    return undefined;
  }
}
