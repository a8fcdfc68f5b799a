import { basename } from "node:path";
import type { FileBatch } from "../schema/batch.ts";
import { type CaptureSettings, DEFAULT_CAPTURE } from "../schema/capture-settings.ts";
import type { SourceName } from "../schema/events.ts";
import type { Store } from "../store/store.ts";
import { createPipelineCounters, type ReadLog } from "./counters.ts";
import type { Root } from "./discover.ts";
import { nameAccount } from "./file-batch.ts";
import { createFiles } from "./files.ts";
import { createHistory } from "./history.ts";
import type { MetricsCollector, Slice } from "./metrics-collector.ts";
import { createProgress } from "./progress.ts";
import { createQueue, type Work } from "./queue.ts";
import { createReader, plainReader, type ReadJob, readNow, type TimedResult } from "./reader.ts";
import { createReconciler } from "./reconcile.ts";
import { createTextReading, TEXT_STEP_BYTES } from "./texts/reading.ts";

/** Exports come by the thousand: whoever asks meanwhile is not to wait for all of them. */
const SPOOL_SLICE_BYTES = 256 * 1024;

/** Of words, where no answer waits. */
const WHOLE_STEP_BYTES = 4 * 1024 * 1024;

export type CollectorOptions = {
  roots: Root[];
  store: Store;
  metrics: MetricsCollector;
  live: Slice;
  history: Slice;
  /** Reads files on this thread, too, rather than wait for the reader: only where nothing waits for this thread. */
  helps?: boolean;
  /** History is read on this thread, as live lines are. */
  isPlain?: boolean;
  capture?: CaptureSettings;
  now?: () => number;
  /** Called after every transaction while history is read. */
  onProgress?: (() => void) | undefined;
  /** Called for every file that was not read as it should have been. */
  log?: ((line: ReadLog) => void) | undefined;
};

/** What a reading gave, with what is to be done once it is stored. */
type Taken = { work: Work; batch: FileBatch; more: boolean };

/**
 * The one place where files become rows: a look at the folders queues what changed (`reconcile.ts`), a pass reads a
 * transaction's worth of it, first what is live, then history (`history.ts`), and hands it to be stored.
 */
export function createCollector(options: CollectorOptions) {
  const { roots, store, metrics } = options;
  const { telemetry } = metrics;
  const now = options.now ?? Date.now;
  const files = createFiles(store);
  const capture = options.capture ?? DEFAULT_CAPTURE;
  const texts = createTextReading(store, capture, files);
  const queue = createQueue();
  const progress = createProgress(now);
  const counters = createPipelineCounters(options.log);
  const named = roots.filter((r) => r.account !== undefined);
  const history = createHistory<Taken>({
    queue,
    helps: options.helps === true,
    reader: options.isPlain ? plainReader : createReader(),
    job,
    take,
  });
  const isBeingRead = history.has;
  const look = createReconciler({
    roots,
    store,
    files,
    queue,
    progress,
    counters,
    telemetry,
    isBeingRead,
    now,
  });

  function take(work: Work, result: TimedResult): Taken | undefined {
    counters.read(work.source.name, work.live ? "live" : "pass2", work.path, result);
    if (result.kind === "read") {
      telemetry.clear(`file ${work.path}`);
      const account = accountOf(work.path);
      if (account !== undefined) nameAccount(result.batch, account);
      telemetry.counters.lines_read += result.batch.lines;
      telemetry.counters.bytes_read += result.batch.bytes;
      progress.advance(work.path, result.batch.bytes, !result.more);
      return { work, batch: result.batch, more: result.more };
    }
    if (result.kind === "failed")
      telemetry.raise(`file ${work.path}`, {
        code: result.code,
        detail: `cannot read ${basename(work.path)}`,
        hint: "it is tried again when it changes",
      });
    progress.done(work.path);
    return undefined;
  }

  function accountOf(path: string): string | undefined {
    return named.find((root) => path.startsWith(`${root.path}/`))?.account;
  }

  function job(work: Work, budget_bytes: number): ReadJob {
    const of = { source: work.source.name, path: work.path, from: files.get(work.path) };
    return { ...of, budget_bytes, capture, now_unix_ms: now() };
  }

  /** What changed just now: read on this thread, stored at once. */
  async function passLive(): Promise<boolean> {
    const taken: Taken[] = [];
    for (let work = queue.nextLive(); work; work = queue.nextLive()) {
      const left = Math.max(1, options.live.bytes - metrics.gatheredBytes());
      const budget = work.source.name === "spool" ? Math.min(left, SPOOL_SLICE_BYTES) : left;
      const one = take(work, await readNow(work.source, job(work, budget)));
      if (one) taken.push(one);
      if (!one) continue;
      const isFull = metrics.add(one.batch, options.live);
      const words = await texts.along(one.batch);
      if (words) metrics.add(words, options.live);
      if (isFull) break;
    }
    return keep(taken);
  }

  /** A slice of what was there at the start. */
  async function passHistory(): Promise<boolean> {
    const taken = await history.read((one) => metrics.add(one.batch, options.history) || queue.hasLive());
    if (taken.length === 0 && history.isEmpty()) history.close();
    return keep(taken);
  }

  async function keep(taken: Taken[]): Promise<boolean> {
    if (taken.length === 0) return false;
    for (const batch of await metrics.flush()) stored(batch);
    options.onProgress?.();
    for (const { work, more } of taken) if (more) queue.putBack(work);
    return true;
  }

  function stored(batch: FileBatch): void {
    if (batch.reading === "texts") texts.stored(batch);
    else files.set(batch.cursor);
  }

  /** A step of the words of history, which come after its numbers. */
  async function passTexts(step_bytes = TEXT_STEP_BYTES): Promise<boolean> {
    const words = await texts.next(step_bytes);
    if (!words) return false;
    metrics.add(words, options.history);
    for (const batch of await metrics.flush()) stored(batch);
    return true;
  }

  /** One transaction's worth of work. False when there was nothing to do. */
  async function pass(): Promise<boolean> {
    return (await passLive()) || (await passHistory()) || metrics.settle();
  }

  return {
    scan: look.scan,
    touch: look.touch,
    pollSpool: look.pollSpool,
    pass,
    passTexts,
    telemetry,
    progress,
    counters: counters.status,
    lastScan: look.lastScan,
    filesKnown: files.count,
    spoolBacklog: look.spoolBacklog,
    close: history.close,
    /** Reads everything there is, to the end. */
    async drain(): Promise<void> {
      look.scan();
      while ((await pass()) || metrics.settle(true));
      progress.finish();
    },
    /** The words of all that was read, to the end. */
    async drainTexts(): Promise<void> {
      while (await passTexts(WHOLE_STEP_BYTES));
    },
    /** Everything of these sources is read again; ids make what is known already harmless. */
    reindex(sources: SourceName[]): number {
      for (const source of sources) store.rewind(source);
      files.load();
      progress.reset();
      look.rescan();
      return [...files.all()].filter((c) => sources.some((s) => s === c.source)).length;
    },
  };
}
export type Collector = ReturnType<typeof createCollector>;
