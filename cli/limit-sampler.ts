import { hostname } from "node:os";
import { join } from "node:path";
import type { Beat } from "../collector/beat.ts";
import { spoolSamples } from "../collector/limits/journal.ts";
import { createSampler, type Sampler } from "../collector/limits/sampler.ts";
import { type LimitSources, loadLimitSources } from "../collector/limits/sources.ts";
import { createUsageCache, usageCacheFiles } from "../collector/sources/claude/usage-cache.ts";
import type { Config } from "../schema/config.ts";
import { messageOf } from "../schema/errors.ts";
import { vendorsWith } from "../schema/vendors.ts";
import { VERSION } from "./version.ts";

export function limitSources(config: Config): LimitSources {
  return loadLimitSources(config.limits, join(config.data_dir, "config.json"), VERSION);
}

/** Undefined if there is nothing to poll, or if samples could not be stored. */
export function openSampler(
  config: Config,
  { probes, mode, notes }: LimitSources,
  log: (line: string) => void,
): Sampler | undefined {
  for (const note of notes) log(`hall-monitor: ${note}`);
  if (probes.length === 0) return undefined;
  try {
    return createSampler({
      data_dir: config.data_dir,
      hostname: hostname(),
      probes,
      mode,
      log: (line) => log(`hall-monitor: ${line}`),
    });
  } catch (error) {
    log(`hall-monitor: limits are not sampled: ${messageOf(error)}`);
    return undefined;
  }
}

const POLL_MS = 4_000;

/**
 * Reads the limits that a client with a status line caches itself, independent of polling; returns a function that ends
 * it.
 */
export function watchUsageCache(
  { roots, data_dir }: Pick<Config, "roots" | "data_dir">,
  beat: Beat,
  log: (line: string) => void,
): () => void {
  const folders = vendorsWith("has_statusline").flatMap((name) => roots[name]);
  const cache = createUsageCache(usageCacheFiles(folders), (samples) => {
    spoolSamples(data_dir, samples, Date.now()).catch((error: unknown) => log(`limits: ${messageOf(error)}`));
  });
  cache.poll();
  return beat.every({ every_ms: POLL_MS, run: cache.poll });
}
