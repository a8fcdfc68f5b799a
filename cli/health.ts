import type { EffectiveSettings, HookDelay, HookHealth, Storage } from "../schema/api-health.ts";
import type { Config } from "../schema/config.ts";
import { storageOf } from "../store/storage.ts";
import { effectiveSettings } from "./effective-settings.ts";
import { measureHook } from "./hook-cost.ts";
import type { Pipeline } from "./pipeline.ts";

/** A run of the hook is short, but repeated page loads must not cause hundreds of them. */
const MEASURE_AGAIN_MS = 10 * 60_000;

/** The recorder's own metrics, for the Health view. */
export function openHealth(config: Config, { collector }: Pipeline) {
  let checked: { at: number; answer: Promise<HookHealth> } | undefined;
  return {
    hookDelay: (): HookDelay => collector.telemetry.hookDelay(),
    storage: (): Storage => ({
      ...storageOf(config.data_dir),
      spool: collector.spoolBacklog(),
      memory_bytes: process.memoryUsage.rss(),
    }),
    settings: (): EffectiveSettings => effectiveSettings(),
    hooks(): Promise<HookHealth> {
      if (!checked || Date.now() - checked.at > MEASURE_AGAIN_MS)
        checked = { at: Date.now(), answer: measureHook(config) };
      return checked.answer;
    },
  };
}
