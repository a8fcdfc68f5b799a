import * as z from "zod";

const count = z.int().nonnegative();

/** What `/api/status`, `status --json` and the page's header show. */
export const DaemonStatus = z.object({
  version: z.string(),
  pid: z.int(),
  started_unix_ms: z.int(),
  data_dir: z.string().describe("only in the CLI's answer; empty over HTTP"),
  url: z.string().nullable().describe("null while the port is taken by another program"),
  time_zone: z.string(),
  last_seq: count,
  state: z.enum(["starting", "backfilling", "live", "degraded"]),
  problems: z.array(z.object({ code: z.string(), detail: z.string(), hint: z.string().optional() })),
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
    hook_events_lost: count.describe("hook events that found no place to be written to"),
    sse_clients: count,
  }),
});
export type DaemonStatus = z.infer<typeof DaemonStatus>;
