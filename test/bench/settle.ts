import { readFileSync } from "node:fs";

/** All work is done once this many stretches in a row took less than a two-hundredth of a core each. */
const STRETCHES = 3;
const STRETCH_MS = 10_000;
const SETTLED_MS = 50;
const SETTLE_LIMIT_MS = 100_000;
/** The kernel counts the time of a process in hundredths of a second. */
const TICK_MS = 10;

/** Waits for what a start leaves to do later, as texts, indexes and the archive; returns for how long. */
export async function settle(pid: number, limit_ms = SETTLE_LIMIT_MS): Promise<number> {
  const started = performance.now();
  const waited = () => performance.now() - started;
  for (let quiet = 0; quiet < STRETCHES && waited() < limit_ms; ) {
    const before = spent(pid);
    await Bun.sleep(STRETCH_MS);
    quiet = spent(pid) - before < SETTLED_MS ? quiet + 1 : 0;
  }
  return waited();
}

/** Processor time of all threads so far. */
export function spent(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** In MB; `RssAnon` is without what processes share. */
export function resident(pid: number, field: "VmRSS" | "RssAnon" | "VmHWM" = "VmRSS"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1000;
}
