import type { FileRead } from "./file-reads.ts";
import { readNow, type TimedResult } from "./reader.ts";

/** What a read gave, parsed when it is called: until then it waits as text, in a tenth of the memory. */
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

/** Beside this file in the sources, beside the bundle in a build. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./history-worker.ts" : "./history-worker.js",
  import.meta.url,
);

type Waiting = { of: FileRead; resolve(answer: Answer | Promise<Answer>): void };

/**
 * On a second core. Jobs and answers cross as JSON, which takes an eighth of the time of the read; its memory is
 * given back by `close`. Should the thread die, its file and all that follow are read on this one.
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
