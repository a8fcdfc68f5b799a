import type { DaemonStatus } from "../../schema/status.ts";
import { toLabel } from "./labels.ts";
import type { Exposition } from "./registry.ts";

const STATES = ["starting", "backfilling", "live", "degraded"] as const;
const seconds = (unixMs: number | null) => (unixMs === null ? null : unixMs / 1000);

export type ProductState = {
  status: DaemonStatus;
  sse_clients: number;
  backlog: { files: number; bytes: number } | undefined;
  last_event_unix_ms: number | null;
};

/** State of the daemon itself. Counts since its start are gauges: as counters they would fall at a restart. */
export function showProduct({ status, ...rest }: ProductState, out: Exposition): void {
  const { counters, watch, backfill } = status;
  out.gauge("hall_build_info", { version: status.version }, 1);
  out.gauge("hall_start_timestamp_seconds", {}, seconds(status.started_unix_ms));
  for (const state of STATES) out.gauge("hall_state", { state }, status.state === state ? 1 : 0);
  for (const [code, problems] of Map.groupBy(status.problems, (p) => toLabel(p.code)))
    out.gauge("hall_problems", { code }, problems.length);
  out.gauge("hall_last_seq", {}, status.last_seq);
  out.gauge("hall_last_event_timestamp_seconds", {}, seconds(rest.last_event_unix_ms));
  out.gauge("hall_spool_backlog_bytes", {}, rest.backlog?.bytes);
  out.gauge("hall_spool_backlog_files", {}, rest.backlog?.files);
  out.gauge("hall_hook_events_lost", {}, counters.hook_events_lost);
  out.gauge("hall_duplicates", {}, counters.duplicates);
  out.gauge("hall_read_bytes", {}, counters.bytes_read);
  out.gauge("hall_read_lines", {}, counters.lines_read);
  for (const { source, stage, result, count } of status.pipeline.files_scanned)
    out.gauge("hall_files_scanned", { source, stage, result }, count);
  for (const { source, count } of status.pipeline.sessions_indexed)
    out.gauge("hall_sessions_indexed", { source }, count);
  for (const { source, buckets, count, sum_ms } of status.pipeline.parse_ms)
    out.copy("hall_file_parse_duration_seconds", source, {
      buckets: buckets.map((b) => ({ le: b.le_ms / 1000, count: b.count })),
      count,
      sum: sum_ms / 1000,
    });
  out.gauge("hall_sse_clients", {}, rest.sse_clients);
  out.gauge("hall_watched_files", {}, watch.files);
  out.gauge("hall_last_scan_timestamp_seconds", {}, seconds(watch.last_scan_unix_ms));
  out.gauge("hall_backfill_done", {}, backfill.done ? 1 : 0);
  out.gauge("hall_backfill_bytes", { part: "done" }, backfill.bytes_done);
  out.gauge("hall_backfill_bytes", { part: "all" }, backfill.bytes_total);
  out.gauge("hall_process_resident_memory_bytes", {}, process.memoryUsage.rss());
}
