import { readNow, type TimedResult } from "./reader.ts";
import type { Reading } from "./readings.ts";

/** Reads files ahead of their storing. Answers come in the order of the calls. */
export type HistoryReader = { read(reading: Reading): Promise<TimedResult>; close(): void };

/** On the caller's own thread. */
export const ownThread: HistoryReader = {
  read: ({ work, job }) => readNow(work.source, job),
  close: () => {},
};

/** Beside this file in the sources, beside the bundle in a build. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./history-worker.ts" : "./history-worker.js",
  import.meta.url,
);

type Waiting = { reading: Reading; resolve(result: TimedResult | Promise<TimedResult>): void };

/**
 * On a second core. Jobs and answers cross as JSON, which takes an eighth of the time of the reading; its memory is
 * given back by `close`. Should the thread die, its file and all that follow are read on this one.
 */
export function createThread(script: URL = WORKER): HistoryReader {
  const waiting: Waiting[] = [];
  let isBroken = false;
  const worker = new Worker(script);
  worker.onmessage = ({ data }: MessageEvent<string>) =>
    waiting.shift()?.resolve(JSON.parse(data) as TimedResult);
  worker.onerror = () => {
    isBroken = true;
    for (const { reading, resolve } of waiting.splice(0)) resolve(ownThread.read(reading));
  };
  return {
    read(reading) {
      if (isBroken) return ownThread.read(reading);
      worker.postMessage(JSON.stringify({ source: reading.work.source.name, job: reading.job }));
      return new Promise((resolve) => waiting.push({ reading, resolve }));
    },
    close: () => worker.terminate(),
  };
}
