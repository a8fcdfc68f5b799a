import { watch } from "chokidar";
import type { Claim } from "./claim.ts";
import { createClaims, listRegistry, REGISTRY_FILE } from "./claims.ts";

export type Registry = {
  /** The claim for this session, by the client's own id; the last claim is kept after its process has ended. */
  claim(session_id: string): Claim | undefined;
  sessions(): string[];
  /** Compares the folders and the processes with the known state. */
  compare(): void;
  close(): Promise<void>;
};

/** Reads the client's registry of running sessions; `onChange` is called for each session with a new claim. */
export function createRegistry(
  folders: string[],
  onChange: (session_id: string) => void,
  now: () => number = Date.now,
): Registry {
  const known = createClaims(onChange, now);

  function compare(): void {
    const seen = new Set<string>();
    for (const folder of folders)
      for (const path of listRegistry(folder)) {
        seen.add(path);
        known.take(path);
      }
    known.leaveAllBut(seen);
  }

  const watcher = watch(folders, { ignoreInitial: true, depth: 0, ignorePermissionErrors: true });
  const isOurs = (path: string) => REGISTRY_FILE.test(path.slice(path.lastIndexOf("/") + 1));
  watcher.on("add", (path) => isOurs(path) && known.take(path));
  watcher.on("change", (path) => isOurs(path) && known.take(path));
  watcher.on("unlink", (path) => isOurs(path) && known.leave(path));
  // The comparison finds what a watcher misses.
  watcher.on("error", () => {});
  compare();

  return {
    claim: (session_id) => known.claims.get(session_id),
    sessions: () => [...known.claims.keys()],
    compare,
    close: () => watcher.close(),
  };
}
