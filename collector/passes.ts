import type { FileBatch } from "../store/batch.ts";
import type { FileReads, Taken } from "./file-reads.ts";
import type { Files } from "./files.ts";
import type { History } from "./history.ts";
import type { MetricsCollector, Slice } from "./metrics-collector.ts";
import type { Queue } from "./queue.ts";
import { readNow } from "./reader.ts";
import { TEXT_STEP_BYTES, type TextReads } from "./texts/text-reads.ts";

/** Exports arrive by the thousand; requests must not wait for all of them. */
const SPOOL_SLICE_BYTES = 256 * 1024;

type Parts = {
  queue: Queue;
  reads: FileReads;
  history: History;
  texts: TextReads;
  files: Files;
  metrics: MetricsCollector;
  slices: { live: Slice; history: Slice };
  onProgress: (() => void) | undefined;
};

/** A pass reads one transaction's worth of files and has it stored. Each is false when there was nothing to do. */
export function createPasses(parts: Parts) {
  const { queue, reads, history, texts, metrics, slices } = parts;
  const { flush, store } = storing(parts);

  /** What changed just now: read on this thread, stored at once. */
  async function passLive(): Promise<boolean> {
    const taken: Taken[] = [];
    for (let work = queue.nextLive(); work; work = queue.nextLive()) {
      const left = Math.max(1, slices.live.bytes - metrics.gatheredBytes());
      const budget = work.source.name === "spool" ? Math.min(left, SPOOL_SLICE_BYTES) : left;
      const one = reads.take(work, await readNow(work.source, reads.job(work, budget)));
      if (!one) continue;
      taken.push(one);
      const isFull = metrics.add(one.batch, slices.live);
      const words = await texts.along(one.batch);
      if (words) metrics.add(words, slices.live);
      if (isFull) break;
    }
    return store(taken);
  }

  /** A slice of what was there at the start. */
  async function passHistory(): Promise<boolean> {
    const taken: Taken[] = [];
    for (let one = await history.next(); one; one = await history.next()) {
      taken.push(one);
      if (metrics.add(one.batch, slices.history) || queue.hasLive()) break;
    }
    // What is put back after it was stored is read in a later pass.
    if (taken.length === 0) history.close();
    return store(taken);
  }

  return {
    pass: async (): Promise<boolean> => (await passLive()) || (await passHistory()) || metrics.settle(),
    /** The words of history, which come after its numbers. */
    async passTexts(step_bytes = TEXT_STEP_BYTES): Promise<boolean> {
      const words = await texts.next(step_bytes);
      if (!words) return false;
      metrics.add(words, slices.history);
      await flush();
      return true;
    },
  };
}

/** Stores what was gathered; only then are the files known to be read so far. */
function storing({ queue, texts, files, metrics, onProgress }: Parts) {
  function stored(batch: FileBatch): void {
    if (batch.only === "texts") texts.stored(batch);
    else files.set(batch.cursor);
  }
  async function flush(): Promise<void> {
    for (const batch of await metrics.flush()) stored(batch);
  }
  async function store(taken: Taken[]): Promise<boolean> {
    if (taken.length === 0) return false;
    await flush();
    onProgress?.();
    for (const { work, more } of taken)
      if (more) queue.putBack(work);
      else queue.release(work);
    return true;
  }
  return { flush, store };
}
