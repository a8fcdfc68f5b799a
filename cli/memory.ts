import type { Database } from "bun:sqlite";
import type { Beat } from "../collector/beat.ts";
import { createWorkMeter } from "./work-meter.ts";

const CHECK_EVERY_MS = 32_000;
/** The collection holds up this thread for some tens of milliseconds, so it waits until nothing was stored for so long. */
const QUIET_MS = 10_000;
/** Where there is no such pause, SQLite's pages alone go, which takes some milliseconds. */
const BUSY_MS = 180_000;
/** Less than this is not worth it. */
const GROWN_BYTES = 8 * 1024 * 1024;

type Parts = {
  beat: Beat;
  databases: readonly Database[];
  /** Since anything was last stored. */
  calm_ms(): number;
};

/**
 * Gives back what a burst of work leaves: garbage that no further work would have collected, and the pages that SQLite
 * keeps of what was asked or stored once. Also once work is over: by then its last garbage no longer adds to what the
 * process holds.
 */
export function startMemoryRelease({ beat, databases, calm_ms }: Parts): () => void {
  const work = createWorkMeter();
  let floor = 0;
  let released = Date.now();
  const check = () => {
    const now = Date.now();
    const isQuiet = calm_ms() >= QUIET_MS;
    const hasEnded = work.hasEnded(isQuiet);
    if (!hasEnded && process.memoryUsage.rss() < floor + GROWN_BYTES) return;
    if (!isQuiet && now - released < BUSY_MS) return;
    for (const db of databases) db.run("pragma shrink_memory");
    Bun.gc(isQuiet);
    // Also the code that the work was compiled to, a tenth of what is resident: what runs next is compiled again. It is
    // deprecated, so a later runtime may lack it.
    if (hasEnded) Bun.shrink?.();
    released = now;
    floor = process.memoryUsage.rss();
  };
  return beat.every({ every_ms: CHECK_EVERY_MS, run: check });
}
