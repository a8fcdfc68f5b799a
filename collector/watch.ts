import type { Stats } from "node:fs";
import { realpathSync } from "node:fs";
import { type FSWatcher, watch } from "chokidar";
import { DAY_MS } from "../schema/durations.ts";

/** Files without a write for this long are only scanned: each watched file costs the kernel a watch. */
const HOT_MS = 2 * DAY_MS;

/** The count of folders takes a list of all files, and the page asks for it often. */
const COUNT_EVERY_MS = 1000;

export type Watcher = {
  mode(): "events" | "polling";
  folders(): number;
  /** New folders are watched from now on. */
  follow(folders: string[]): void;
  close(): Promise<void>;
};

const MAX_DEPTH = 12;

/** Reports the real paths of changed files as soon as the system does. It may miss some; the scan finds all. */
export function createWatcher(
  folders: string[],
  onChange: (path: string) => void,
  onProblem: (code: string) => void,
): Watcher {
  let mode: "events" | "polling" = "events";
  let count = 0;
  let counted = Number.NEGATIVE_INFINITY;
  const started = Date.now();
  const isCold = (stats?: Stats) =>
    stats !== undefined && (stats.isFile() ? started - stats.mtimeMs > HOT_MS : !stats.isDirectory());
  const followed = new Set(realFolders(folders));
  const watcher: FSWatcher = watch([...followed], {
    // Files behind links are found by the scan, which has limits.
    followSymlinks: false,
    depth: MAX_DEPTH,
    ignoreInitial: true,
    persistent: true,
    ignorePermissionErrors: true,
    ignored: (_path, stats) => isCold(stats),
  });
  watcher.on("add", onChange).on("change", onChange).on("unlink", onChange);
  watcher.on("error", (error) => {
    const code = (error as { code?: string }).code ?? "unknown";
    if (["ENOSPC", "EMFILE", "ENFILE"].includes(code)) mode = "polling";
    onProblem(code);
  });
  return {
    mode: () => mode,
    folders(): number {
      if (performance.now() - counted > COUNT_EVERY_MS) {
        count = Object.keys(watcher.getWatched()).length;
        counted = performance.now();
      }
      return count;
    },
    follow(wanted) {
      for (const folder of realFolders(wanted))
        if (!followed.has(folder)) {
          followed.add(folder);
          watcher.add(folder);
        }
    },
    close: () => watcher.close(),
  };
}

/** The agents' folders themselves may be links. */
function realFolders(folders: string[]): string[] {
  return folders.flatMap((folder) => {
    try {
      return [realpathSync(folder)];
    } catch {
      return [];
    }
  });
}
