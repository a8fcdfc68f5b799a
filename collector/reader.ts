import { type CaptureSettings, DEFAULT_CAPTURE } from "../schema/capture-settings.ts";
import { DAY_MS } from "../schema/durations.ts";
import type { EventType } from "../schema/events.ts";
import { vendorNamed } from "../schema/vendors.ts";
import type { Cursor, FileBatch } from "../store/batch.ts";
import type { TailResult } from "./file-batch.ts";
import { fastPath } from "./import/fast-path.ts";
import { captureBatch } from "./redact/batch.ts";
import type { Source } from "./sources/source.ts";
import { tail } from "./tail.ts";

export type ReadJob = {
  path: string;
  from: Cursor | undefined;
  budget_bytes: number;
  /** Absent = the plain path. */
  is_fast?: boolean;
  /** Absent = the default. */
  capture?: CaptureSettings;
  /** Absent = the clock. */
  now_unix_ms?: number;
};

/**
 * Rows of sessions, turns, calls and agents contain older history; storing it as events as well would make a first
 * import half again as long.
 */
const EVENTS_MS = 14 * DAY_MS;
/** A rollout's events that are in no row, however old. */
const EVENTS_ALONE: ReadonlySet<EventType> = new Set([
  ...(["turn_interrupted", "api_error", "compaction_completed"] as const),
]);

/** With the time that reading and decoding took. */
export type TimedResult = TailResult & { elapsed_ms: number };

/** Continues reading one file, up to the budget. */
export async function readNow(source: Source, job: ReadJob): Promise<TimedResult> {
  const started = performance.now();
  const result = await tail(source, job.path, job.from, job.budget_bytes, job.is_fast ? fastPath : undefined);
  if (result.kind === "read" && vendorNamed(source.name)?.keeps_old_events === false)
    forgetOldEvents(result.batch, job.now_unix_ms);
  if (result.kind === "read") captureBatch(result.batch, job.capture ?? DEFAULT_CAPTURE);
  return { ...result, elapsed_ms: performance.now() - started };
}

function forgetOldEvents(batch: FileBatch, now: number = Date.now()): void {
  const since = now - EVENTS_MS;
  batch.events = batch.events.filter((e) => e.time_unix_ms >= since || EVENTS_ALONE.has(e.event_type));
}
