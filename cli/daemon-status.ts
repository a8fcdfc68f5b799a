import type { Watcher } from "../collector/watch.ts";
import type { Config } from "../schema/config.ts";
import type { DaemonStatus } from "../schema/status.ts";
import type { Pipeline } from "./pipeline.ts";
import { VERSION } from "./version.ts";

/** The daemon's own status, without the viewer's counts. */
export function toStatus(
  config: Config,
  pipeline: Pipeline,
  watcher: Watcher | undefined,
  at: { started: number; url: string | null },
): DaemonStatus {
  const { collector, store } = pipeline;
  const backfill = collector.progress.status();
  const problems = collector.telemetry.problems();
  const scanned = collector.lastScan();
  return {
    version: VERSION,
    pid: process.pid,
    started_unix_ms: at.started,
    data_dir: config.data_dir,
    url: at.url,
    time_zone: config.time_zone,
    last_seq: store.lastSeq(),
    state:
      scanned === null
        ? "starting"
        : problems.length > 0
          ? "degraded"
          : backfill.done
            ? "live"
            : "backfilling",
    problems,
    backfill,
    watch: {
      mode: watcher?.mode() ?? "polling",
      folders: watcher?.folders() ?? 0,
      files: collector.filesKnown(),
      last_scan_unix_ms: scanned,
    },
    counters: collector.telemetry.counters,
    pipeline: collector.counters(),
  };
}
