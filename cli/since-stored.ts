import type { Bus } from "../collector/bus.ts";

/** Milliseconds since anything was last stored; infinite before that. */
export function sinceStored(bus: Pick<Bus, "subscribe">): () => number {
  let stored = Number.NEGATIVE_INFINITY;
  for (const topic of ["committed", "observed"] as const)
    bus.subscribe(topic, () => {
      stored = performance.now();
    });
  return () => performance.now() - stored;
}
