import { type Dirent, lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { PlanSettings } from "../../schema/config.ts";

export const MOST_ROOTS = 200;
const MOST_PLANS = 200;

/** The status of a file; enough to detect a change. */
export type Stamp = {
  path: string;
  size_bytes: number;
  mtime_unix_ms: number;
  inode: number;
  birth_unix_ms: number;
};

/** A plan with its location. `root` is the real path of its project. */
export type PlanPlaced = {
  root: string;
  name: string;
  place: "active" | "complete" | "top";
  /** The plan's folder; for a plan at the top its manifest. */
  path: string;
  manifest: Stamp | undefined;
  plan_md: Stamp | undefined;
};

/** The real folders of the projects, each once, up to the limit. */
export function realRoots(paths: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const path of paths) {
    if (found.size >= MOST_ROOTS) break;
    try {
      const real = realpathSync(path);
      if (statSync(real).isDirectory()) found.add(real);
    } catch {
      // A project that does not exist has no plans.
    }
  }
  return [...found];
}

/**
 * Every plan of a project. For one name the active folder precedes the completed one, and both precede the top: a
 * remaining copy is not a second plan. Links that lead out of the project are not followed.
 */
export function plansOf(root: string, { active_dir, complete_dir }: PlanSettings): PlanPlaced[] {
  const found = new Map<string, PlanPlaced>();
  for (const [place, folder] of [
    ["active", active_dir],
    ["complete", complete_dir],
  ] as const)
    for (const name of foldersOf(root, join(root, folder))) {
      if (found.has(name) || found.size >= MOST_PLANS) continue;
      const path = join(root, folder, name);
      const manifest = stampOf(join(path, "manifest.jsonl"));
      const plan_md = stampOf(join(path, "plan.md"));
      if (manifest || plan_md) found.set(name, { root, name, place, path, manifest, plan_md });
    }
  const manifest = stampOf(join(root, "manifest.jsonl"));
  const name = basename(root);
  if (manifest && name !== "" && !found.has(name))
    found.set(name, { root, name, place: "top", path: manifest.path, manifest, plan_md: undefined });
  return [...found.values()];
}

function foldersOf(root: string, folder: string): string[] {
  let entries: Dirent[];
  try {
    const real = realpathSync(folder);
    if (real !== folder && !real.startsWith(`${root}/`)) return [];
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((e) => e.isDirectory() && !e.name.startsWith("."))
    .map((e) => e.name)
    .sort();
}

/** Undefined for anything but a regular file: a link could lead out of the project, a pipe would hang. */
function stampOf(path: string): Stamp | undefined {
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch {
    return undefined;
  }
  if (!stats.isFile()) return undefined;
  return {
    path,
    size_bytes: stats.size,
    mtime_unix_ms: Math.floor(stats.mtimeMs),
    inode: stats.ino,
    birth_unix_ms: Math.floor(stats.birthtimeMs),
  };
}
