import type { FileRead } from "./file-reads.ts";
import { readNow, type TimedResult } from "./reader.ts";

/** Parses the result of a read when called: until then it waits as text, in a tenth of the memory. */
type Answer = () => TimedResult;
/** Reads files ahead of their storing. Answers come in the order of the calls. */
export type HistoryReader = { read(of: FileRead): Promise<Answer>; close(): void };

/** On the caller's own thread. */
export const ownThread: HistoryReader = {
  async read({ work, job }) {
    const result = await readNow(work.source, job);
    return () => result;
  },
  close: () => {},
};

/** Next to this file in the sources, next to the bundle in a build. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./history-worker.ts" : "./history-worker.js",
  import.meta.url,
);

type Waiting = { of: FileRead; resolve(answer: Answer | Promise<Answer>): void };

/**
 * On a second core. Jobs and answers are passed as JSON, which takes an eighth of the time of the read; `close` frees
 * the thread's memory. If the thread dies, its file and all later ones are read on the caller's thread.
 */
export function createThread(script: URL = WORKER): HistoryReader {
  const waiting: Waiting[] = [];
  let isBroken = false;
  const worker = new Worker(script);
  worker.onmessage = ({ data }: MessageEvent<string>) =>
    waiting.shift()?.resolve(() => JSON.parse(data) as TimedResult);
  worker.onerror = () => {
    isBroken = true;
    for (const { of: one, resolve } of waiting.splice(0)) resolve(ownThread.read(one));
  };
  return {
    read(of) {
      if (isBroken) return ownThread.read(of);
      worker.postMessage(JSON.stringify({ source: of.work.source.name, job: of.job }));
      return new Promise((resolve) => waiting.push({ of, resolve }));
    },
    close: () => worker.terminate(),
  };
}
