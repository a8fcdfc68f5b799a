import { setTimeout } from "node:timers/promises";

/** Ends early, and without an error, when the signal aborts. */
export async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => {});
}
