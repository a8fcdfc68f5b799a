import type { Cursor, FileBatch } from "../schema/batch.ts";
import { type CaptureSettings, DEFAULT_CAPTURE } from "../schema/capture-settings.ts";
import type { EventType } from "../schema/events.ts";
import { vendorNamed } from "../schema/vendors.ts";
import type { TailResult } from "./file-batch.ts";
import { type Packed, unpack } from "./pack.ts";
import { captureBatch } from "./redact/batch.ts";
import type { Source } from "./sources/source.ts";
import { vendorFiles } from "./sources/vendors.ts";
import { tail } from "./tail.ts";

export type ReadJob = {
  source: Source["name"];
  path: string;
  from: Cursor | undefined;
  budget_bytes: number;
  /** Absent = the default. */
  capture?: CaptureSettings;
  /** Absent = the clock. */
  now_unix_ms?: number;
};

/** Rows of sessions, turns, calls and agents hold what happened before; as events they would make a first import half again as long. */
const EVENTS_MS = 14 * 86_400_000;
/** A rollout's events that no row holds, however old they are. */
const EVENTS_ALONE: ReadonlySet<EventType> = new Set([
  ...(["turn_interrupted", "api_error", "compaction_completed"] as const),
]);

/** With fewer, small files leave a second core without work. */
const READ_AHEAD = 64;

/** Reads history on a second core. Answers come in the order of the calls. */
export type Reader = {
  /** How many jobs may wait for it. */
  ahead: number;
  start(): void;
  read(job: ReadJob): Promise<TimedResult>;
  close(): void;
};

/** With the time that reading and decoding took. */
export type TimedResult = TailResult & { elapsed_ms: number };

/** Beside this file in the sources, beside the bundle in a build. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./reader-worker.ts" : "./reader-worker.js",
  import.meta.url,
);

/**
 * Lines are decoded in a worker and come back packed, which crosses faster than objects do. The worker is
 * started with the first job at the latest and ended by `close`, as its memory is needed for history only. Should
 * it die, its file and all that follows is read on this thread: slower, and nothing is missing.
 */
export function createReader(script: URL = WORKER): Reader {
  let worker: Worker | undefined;
  let isBroken = false;
  const waiting: { job: ReadJob; resolve(result: TimedResult | Promise<TimedResult>): void }[] = [];

  function startWorker(): Worker {
    const started = new Worker(script);
    started.onmessage = ({ data }: MessageEvent<Packed>) => waiting.shift()?.resolve(unpack(data));
    started.onerror = () => {
      isBroken = true;
      worker = undefined;
      for (const { job, resolve } of waiting.splice(0)) resolve(readHere(job));
    };
    return started;
  }

  return {
    ahead: READ_AHEAD,
    /** Ahead of the first job, which then does not wait for it. */
    start(): void {
      worker ??= startWorker();
    },
    read(job) {
      if (isBroken) return readHere(job);
      worker ??= startWorker();
      worker.postMessage(JSON.stringify(job));
      return new Promise((resolve) => waiting.push({ job, resolve }));
    },
    close() {
      worker?.terminate();
      worker = undefined;
      for (const { resolve } of waiting.splice(0)) resolve({ kind: "failed", code: "closed", elapsed_ms: 0 });
    },
  };
}

/** No second core: what `createReader` gains is the difference. */
export const plainReader: Reader = {
  ahead: 1,
  start: () => {},
  read: (job) => readHere(job),
  close: () => {},
};

/** The same on the caller's own thread. */
export function readHere(job: ReadJob): Promise<TimedResult> {
  // A worker knows a source by its name only.
  const source = vendorFiles(job.source)?.history;
  if (!source) throw new Error(`${job.source} leaves no history`);
  return readNow(source, job);
}

/** Any source's file on the caller's own thread, for what must not wait behind history. */
export async function readNow(source: Source, job: Omit<ReadJob, "source">): Promise<TimedResult> {
  const started = performance.now();
  const result = await tail(source, job.path, job.from, job.budget_bytes);
  if (result.kind === "read" && vendorNamed(source.name)?.keeps_old_events === false)
    forgetOldEvents(result.batch, job.now_unix_ms);
  if (result.kind === "read") captureBatch(result.batch, job.capture ?? DEFAULT_CAPTURE);
  return { ...result, elapsed_ms: performance.now() - started };
}

function forgetOldEvents(batch: FileBatch, now: number = Date.now()): void {
  const since = now - EVENTS_MS;
  batch.events = batch.events.filter((e) => e.time_unix_ms >= since || EVENTS_ALONE.has(e.event_type));
}
