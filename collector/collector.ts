import { type CaptureSettings, DEFAULT_CAPTURE } from "../schema/capture-settings.ts";
import type { SourceName } from "../schema/events.ts";
import type { Store } from "../store/store.ts";
import { createPipelineCounters, type ReadLog } from "./counters.ts";
import type { Root } from "./discover.ts";
import { createFileReads } from "./file-reads.ts";
import { createFiles } from "./files.ts";
import { createHistory } from "./history.ts";
import type { MetricsCollector, Slice } from "./metrics-collector.ts";
import { createPasses } from "./passes.ts";
import { createProgress } from "./progress.ts";
import { createQueue } from "./queue.ts";
import { createReconciler } from "./reconcile.ts";
import { createTextReads } from "./texts/text-reads.ts";

/** Of words, where no answer waits. */
const WHOLE_STEP_BYTES = 4 * 1024 * 1024;

export type CollectorOptions = {
  roots: Root[];
  store: Store;
  metrics: MetricsCollector;
  live: Slice;
  history: Slice;
  /** Whether history takes the fast path; live lines never do. */
  isFast?: boolean;
  capture?: CaptureSettings;
  now?: () => number;
  /** Called after every transaction while history is read. */
  onProgress?: (() => void) | undefined;
  /** Called for every file that was not read as it should have been. */
  log?: ((line: ReadLog) => void) | undefined;
};

/**
 * The one place where files become rows: a scan of the folders queues what changed (`reconcile.ts`), a pass reads a
 * transaction's worth of it (`passes.ts`), first what is live, then history, and has it stored.
 */
export function createCollector(options: CollectorOptions) {
  const { store, metrics } = options;
  const { files, progress, counters, history, reconciler, passes } = createParts(options);
  const { rescan, ...scans } = reconciler;
  const { pass, passTexts } = passes;

  return {
    ...scans,
    pass,
    passTexts,
    telemetry: metrics.telemetry,
    progress,
    counters: counters.status,
    filesKnown: files.count,
    close: history.close,
    /** Reads everything there is, to the end. */
    async drain(): Promise<void> {
      scans.scan();
      // A signal is only received in a turn of the event loop.
      while ((await pass()) || metrics.settle(true)) await new Promise((resolve) => setImmediate(resolve));
      progress.finish();
    },
    /** The words of all that was read, to the end. */
    async drainTexts(): Promise<void> {
      while (await passTexts(WHOLE_STEP_BYTES));
    },
    /** Everything of these sources is read again; ids make what is known already harmless. Gives how many files. */
    reindex(sources: SourceName[]): number {
      for (const source of sources) store.rewind(source);
      files.load();
      progress.reset();
      rescan();
      return [...files.all()].filter((c) => sources.some((s) => s === c.source)).length;
    },
  };
}
export type Collector = ReturnType<typeof createCollector>;

/** Each from those before it. */
function createParts(options: CollectorOptions) {
  const { roots, store, metrics, capture = DEFAULT_CAPTURE, now = Date.now, isFast = true } = options;
  const { telemetry } = metrics;
  const files = createFiles(store);
  const texts = createTextReads(store, capture, files);
  const queue = createQueue();
  const progress = createProgress(now);
  const counters = createPipelineCounters(options.log);
  const common = { roots, files, progress, counters, telemetry, now };
  const reads = createFileReads({ ...common, capture, isFast });
  const history = createHistory({ queue, files, progress, reads, isFast });
  const reconciler = createReconciler({ ...common, store, queue });
  const slices = { live: options.live, history: options.history };
  const { onProgress } = options;
  const passes = createPasses({ queue, reads, history, texts, files, metrics, slices, onProgress });
  return { files, progress, counters, history, reconciler, passes };
}
