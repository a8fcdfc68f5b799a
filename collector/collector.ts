import { type CaptureSettings, DEFAULT_CAPTURE } from "../schema/capture-settings.ts";
import type { SourceName } from "../schema/events.ts";
import type { Store } from "../store/store.ts";
import { createPipelineCounters, type ReadLog } from "./counters.ts";
import type { Root } from "./discover.ts";
import { createFiles } from "./files.ts";
import { createHistory } from "./history.ts";
import type { MetricsCollector, Slice } from "./metrics-collector.ts";
import { createPasses } from "./passes.ts";
import { createProgress } from "./progress.ts";
import { createQueue } from "./queue.ts";
import { createReadings } from "./readings.ts";
import { createReconciler } from "./reconcile.ts";
import { createTextReading } from "./texts/reading.ts";

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
  /** A large history is read in a thread: only where no answer waits for this one, which then stores without a pause. */
  readsAhead?: boolean;
  capture?: CaptureSettings;
  now?: () => number;
  /** Called after every transaction while history is read. */
  onProgress?: (() => void) | undefined;
  /** Called for every file that was not read as it should have been. */
  log?: ((line: ReadLog) => void) | undefined;
};

/**
 * The one place where files become rows: a look at the folders queues what changed (`reconcile.ts`), a pass reads a
 * transaction's worth of it (`passes.ts`), first what is live, then history, and has it stored.
 */
export function createCollector(options: CollectorOptions) {
  const { roots, store, metrics, capture = DEFAULT_CAPTURE, now = Date.now } = options;
  const { telemetry } = metrics;
  const files = createFiles(store);
  const texts = createTextReading(store, capture, files);
  const queue = createQueue();
  const progress = createProgress(now);
  const counters = createPipelineCounters(options.log);
  const { isFast = true } = options;
  const readings = createReadings({
    roots,
    files,
    capture,
    progress,
    counters,
    telemetry,
    now,
    isFast,
  });
  const history = createHistory({
    queue,
    files,
    progress,
    readings,
    readsAhead: isFast && options.readsAhead === true,
  });
  const { rescan, ...look } = createReconciler({
    roots,
    store,
    files,
    queue,
    progress,
    counters,
    telemetry,
    now,
  });
  const { pass, passTexts } = createPasses({
    queue,
    readings,
    history,
    texts,
    files,
    metrics,
    slices: { live: options.live, history: options.history },
    onProgress: options.onProgress,
  });

  return {
    ...look,
    pass,
    passTexts,
    telemetry,
    progress,
    counters: counters.status,
    filesKnown: files.count,
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
