import type { Beat } from "../collector/beat.ts";
import type { Problem } from "../collector/bus.ts";
import type { Config } from "../schema/config.ts";
import { DAY_MS } from "../schema/durations.ts";
import { daysToSeal, sealDay } from "../store/archive-seal.ts";
import { createPruner, olderThan } from "../store/retention.ts";
import type { Pipeline } from "./pipeline.ts";

const EVERY_MS = 60 * 60 * 1000;

/**
 * Compresses days of the archive that are no longer hot, and prunes old events if enabled. It works in small pieces
 * next to everything else, and an interruption only costs time.
 */
export function startRetention(config: Config, pipeline: Pipeline, beat: Beat): () => Promise<void> {
  const { archive, collector, db, store } = pipeline;
  const ended = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function sealAndPrune(): Promise<void> {
    const now = Date.now();
    const problem = await seal(config, archive.folder, now, ended.signal);
    if (problem) collector.telemetry.raise("seal", problem);
    else collector.telemetry.clear("seal");
    if (config.prune_days === null || ended.signal.aborted) return;
    const before = olderThan(archive.folder, config.prune_days, now);
    try {
      await createPruner(db, archive.folder).prune(before, ended.signal);
    } finally {
      store.changes.all();
    }
  }
  function run(): void {
    running = running.then(sealAndPrune).catch((cause: unknown) => {
      if (!ended.signal.aborted)
        collector.telemetry.raise("seal", { code: "retention_failed", detail: String(cause) });
    });
  }
  run();
  const end = beat.every({ every_ms: EVERY_MS, run });
  return () => {
    end();
    ended.abort();
    return running;
  };
}

async function seal(
  config: Config,
  folder: string,
  now: number,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  if (config.hot_days === null) return undefined;
  const before = new Date(now - config.hot_days * DAY_MS).toISOString().slice(0, 10);
  let problem: Problem | undefined;
  for (const day of daysToSeal(folder, before)) {
    if (signal.aborted) return undefined;
    const outcome = await sealDay(folder, day, now, signal);
    if (!outcome.ok && !signal.aborted)
      problem = {
        code: "archive_not_sealed",
        detail: `the archive of ${day} could not be compressed: ${outcome.detail}`,
      };
  }
  return problem;
}
