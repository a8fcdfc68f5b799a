import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Source } from "./sources/source.ts";

export type Root = { source: Source; path: string };
export type FoundFile = {
  source: Source;
  path: string;
  size_bytes: number;
  mtime_unix_ms: number;
  inode: number;
};

/**
 * Every file of a root that belongs to its source, wherever it lies. Paths are real paths, so one folder that
 * is reached by two names is read once. A folder that cannot be listed is told through `onError` and passed over.
 */
export function* discover(root: Root, onError: (path: string, code: string) => void): Generator<FoundFile> {
  let real: string;
  try {
    real = realpathSync(root.path);
  } catch {
    return;
  }
  const folders = [""];
  const visited = new Set<string>();
  while (folders.length > 0) {
    const folder = folders.pop()!;
    for (const entry of list(join(real, folder), onError)) {
      const relative = folder === "" ? entry.name : `${folder}/${entry.name}`;
      const isFolder =
        entry.isDirectory() || (entry.isSymbolicLink() && isNewFolder(join(real, relative), visited));
      if (isFolder) folders.push(relative);
      else if (root.source.accepts(relative)) {
        const found = look(root.source, join(real, relative), entry.isSymbolicLink());
        if (found) yield found;
      }
    }
  }
}

function list(path: string, onError: (path: string, code: string) => void): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    const code = (error as { code?: string }).code ?? "EIO";
    if (code !== "ENOENT") onError(path, code);
    return [];
  }
}

/** A linked folder is followed once, so a loop of links ends. */
function isNewFolder(path: string, visited: Set<string>): boolean {
  try {
    const real = realpathSync(path);
    if (!statSync(real).isDirectory() || visited.has(real)) return false;
    visited.add(real);
    return true;
  } catch {
    return false;
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
