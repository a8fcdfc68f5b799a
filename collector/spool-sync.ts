import { readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type Beat, REST_MS } from "./beat.ts";
import { createSpoolProbe } from "./spool-probe.ts";

const EVERY_MS = 500;

/**
 * Hooks do not wait for the disk: their appended data is synced for them within a second. After a loss of power, data
 * that the database had not synced is read again from the segment, which is kept until then.
 */
export function startSpoolSync(folders: readonly string[], beat: Beat): () => Promise<void> {
  const synced = new Map<string, number>();
  const isWritten = createSpoolProbe(folders);
  let isRefused = false;
  let running = Promise.resolve();

  async function syncAll(): Promise<void> {
    isRefused = false;
    const now = new Map(folders.flatMap(segmentsIn));
    for (const path of synced.keys()) if (!now.has(path)) synced.delete(path);
    for (const [path, size] of now)
      if (synced.get(path) !== size) {
        if (await sync(path)) synced.set(path, size);
        else isRefused = true;
      }
  }
  const end = beat.every({
    every_ms: EVERY_MS,
    rest_ms: REST_MS,
    run: () => {
      if (isWritten() || isRefused) running = running.then(syncAll);
    },
  });
  return () => {
    end();
    return running.then(syncAll);
  };
}

/** False if it does not exist or the sync fails: it is retried. */
async function sync(path: string): Promise<boolean> {
  try {
    const file = await open(path, "r");
    await file.datasync().finally(() => file.close());
    return true;
  } catch {
    return false;
  }
}

function segmentsIn(folder: string): [string, number][] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".log"))
      .flatMap((name) => {
        const path = join(folder, name);
        const stat = statSync(path, { throwIfNoEntry: false });
        return stat?.isFile() ? [[path, stat.size] as [string, number]] : [];
      });
  } catch {
    return [];
  }
}
