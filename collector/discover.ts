import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "./bus.ts";
import type { Source } from "./sources/source.ts";

export type Root = {
  source: Source;
  path: string;
  /** The operator's alias of the account that owns the folder. */
  account?: string;
};
export type FoundFile = {
  source: Source;
  path: string;
  size_bytes: number;
  mtime_unix_ms: number;
  inode: number;
};

/** Deeper than the folders of any agent. */
const MAX_DEPTH = 12;
const MAX_FOLDERS = 50_000;
/** Limit below one link: a link to a system folder must not cause all of it to be read. A project's sessions fit in. */
const MAX_LINKED_FOLDERS = 1000;

/**
 * Every file of a root that belongs to its source. Paths are real paths, so a folder with two names is read once, and a
 * loop of links ends. A folder that cannot be listed, or exceeds a bound, is reported through `onError` and skipped. In
 * our own spool no link is followed, as hooks write through none.
 */
export function* discover(root: Root, onError: (path: string, code: string) => void): Generator<FoundFile> {
  let real: string;
  try {
    real = realpathSync(root.path);
  } catch {
    return;
  }
  const folders: Folder[] = [{ relative: "", path: real, depth: 0 }];
  const visited = new Set<string>();
  const linked = new Map<string, number>();
  const isOwn = root.source.name === "spool";
  while (folders.length > 0) {
    const folder = folders.pop()!;
    if (visited.has(folder.path)) continue;
    const below = folder.link === undefined ? 0 : (linked.get(folder.link) ?? 0);
    if (folder.depth > MAX_DEPTH || visited.size >= MAX_FOLDERS || below >= MAX_LINKED_FOLDERS) {
      onError(folder.link ?? folder.path, "too_many_folders");
      continue;
    }
    visited.add(folder.path);
    if (folder.link !== undefined) linked.set(folder.link, below + 1);
    for (const entry of list(folder.path, onError)) {
      const relative = folder.relative === "" ? entry.name : `${folder.relative}/${entry.name}`;
      const path = join(folder.path, entry.name);
      const isLink = entry.isSymbolicLink();
      if (isLink && isOwn) continue;
      const inner = entry.isDirectory() ? path : isLink ? linkedFolder(path) : undefined;
      if (inner !== undefined && isLink && isAbove(inner, real)) onError(path, "link_to_above");
      else if (inner !== undefined)
        folders.push({
          relative,
          path: inner,
          depth: folder.depth + 1,
          link: folder.link ?? (isLink ? path : undefined),
        });
      else if (root.source.accepts(relative)) {
        const found = fileAt(root.source, path, entry.isSymbolicLink());
        if (found) yield found;
      }
    }
  }
}

/** Its path, and the name by which it was reached, by which a source recognizes its files. */
type Folder = {
  relative: string;
  path: string;
  depth: number;
  /** The first link on the way here. */
  link?: string | undefined;
};

/** A link to a folder that contains the root itself leads to everything else on the machine. */
const isAbove = (folder: string, root: string) =>
  `${root}/`.startsWith(folder.endsWith("/") ? folder : `${folder}/`);

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

function fileAt(source: Source, path: string, isLink: boolean): FoundFile | undefined {
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

/** The path itself if it cannot be resolved. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Text of a code of `discover`. */
export function toFolderProblem(path: string, code: string): Problem {
  if (code === "link_to_above")
    return { code, detail: `${path} is a link to a folder that contains the agents' folders` };
  if (code === "too_many_folders") return { code, detail: `${path} contains too many folders` };
  return { code: "unreadable", detail: `cannot list ${path} (${code})` };
}
