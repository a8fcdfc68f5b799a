import * as z from "zod";
import { PROBLEM_CODE_NAMES } from "./problems.ts";
import { VENDOR_NAMES } from "./vendors.ts";

const count = z.int().nonnegative();

/** Finding files, reading what existed at the start, reading what changes. */
const STAGES = ["pass1", "pass2", "live"] as const;
const READ_RESULTS = ["ok", "parse_error", "io_error"] as const;
export type Stage = (typeof STAGES)[number];
export type ReadResult = (typeof READ_RESULTS)[number];

const vendor = z.enum(VENDOR_NAMES);
/** Results of reading the agents' files since the daemon's start. */
export const PipelineCounters = z.object({
  files_scanned: z
    .array(z.object({ source: vendor, stage: z.enum(STAGES), result: z.enum(READ_RESULTS), count }))
    .describe("pass1: found new or changed; pass2 and live: read to the end"),
  lines_rejected: z.array(z.object({ source: vendor, count })),
  sessions_indexed: z.array(z.object({ source: vendor, count })).describe("different sessions seen"),
  parse_ms: z
    .array(
      z.object({
        source: vendor,
        buckets: z
          .array(z.object({ le_ms: z.number(), count }))
          .describe("cumulative; slower ones are only in count"),
        count,
        sum_ms: z.number(),
      }),
    )
    .describe("time per file of pass2"),
  found_by_scan: count.describe("changes missed by the watcher and found by a scan"),
});
export type PipelineCounters = z.infer<typeof PipelineCounters>;

/** Claude Code deletes transcripts that did not change for some days; recorded usage is kept, their text is not. */
export const SourceRetention = z.object({
  files_expiring: count.describe("transcripts that will be deleted within three days"),
  oldest_age_days: count,
  days_until_sweep: z.number().nonnegative().describe("for the oldest; 0 = at the next start of the client"),
  cleanup_period_days: z.number().nonnegative().describe("`cleanupPeriodDays` of its settings, or 30"),
  bytes_per_day: count.describe("bytes of transcripts per day, to help choose a longer period"),
});
export type SourceRetention = z.infer<typeof SourceRetention>;

/** The data of `/api/status`, `status --json` and the page's header. */
export const DaemonStatus = z.object({
  version: z.string(),
  pid: z.int(),
  started_unix_ms: z.int(),
  data_dir: z.string().describe("only in the CLI's answer; empty over HTTP"),
  url: z.string().nullable().describe("null while another program uses the port"),
  time_zone: z.string(),
  last_seq: count,
  state: z.enum(["starting", "backfilling", "live", "degraded"]),
  problems: z.array(
    z.object({ code: z.enum(PROBLEM_CODE_NAMES), detail: z.string(), hint: z.string().optional() }),
  ),
  backfill: z.object({
    done: z.boolean(),
    files_total: count,
    files_done: count,
    bytes_total: count,
    bytes_done: count,
    started_unix_ms: z.int().nullable(),
    finished_unix_ms: z.int().nullable(),
  }),
  watch: z.object({
    mode: z.enum(["events", "polling"]),
    folders: count,
    files: count,
    last_scan_unix_ms: z.int().nullable(),
  }),
  counters: z.object({
    lines_read: count,
    bytes_read: count,
    events_committed: count,
    requests_committed: count,
    duplicates: count,
    rejects: count,
    hook_events_lost: count.describe("hook events that could not be written"),
    sse_clients: count,
  }),
  pipeline: PipelineCounters,
  retention: SourceRetention.nullable().optional().describe("null = no transcripts; absent = not asked"),
});
export type DaemonStatus = z.infer<typeof DaemonStatus>;
