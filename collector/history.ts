import type { Queue, Work } from "./queue.ts";
import { type Reader, type ReadJob, readNow, type TimedResult } from "./reader.ts";

const CHUNK_BYTES = 4 * 1024 * 1024;

type Ahead = { work: Work; result: Promise<TimedResult>; isDone: boolean };
export type HistoryParts<Taken> = {
  queue: Queue;
  reader: Reader;
  /** Reads files on this thread, too, rather than wait for the reader: only where nothing waits for this thread. */
  helps: boolean;
  job(work: Work, budget_bytes: number): ReadJob;
  /** What a read is worth; undefined where it gave nothing to store. */
  take(work: Work, result: TimedResult): Taken | undefined;
};

/** Reads what was there at the start, on a second core that is always some files ahead. */
export function createHistory<Taken>({ queue, reader, helps, job, take }: HistoryParts<Taken>) {
  const ahead: Ahead[] = [];
  if (helps) reader.start();

  function readAhead(work: Work): Ahead {
    const entry: Ahead = { work, result: reader.read(job(work, CHUNK_BYTES)), isDone: false };
    void entry.result.then(() => {
      entry.isDone = true;
    });
    return entry;
  }

  function fill(): void {
    while (ahead.length < reader.ahead) {
      const work = queue.nextHistory(helps ? "largest" : "any");
      if (!work) break;
      ahead.push(readAhead(work));
    }
  }

  /** The reader's answers come in only when this thread takes a turn of its loop. */
  async function isThere(entry: Ahead): Promise<boolean> {
    if (!entry.isDone) await new Promise((resolve) => setImmediate(resolve));
    return entry.isDone;
  }

  return {
    /** In the reader's hands. */
    has: (path: string): boolean => ahead.some((a) => a.work.path === path),
    isEmpty: (): boolean => ahead.length === 0,
    close: (): void => reader.close(),
    /** One read after the other, until there is no more or `isEnough` is true. */
    async read(isEnough: (taken: Taken) => boolean): Promise<Taken[]> {
      const all: Taken[] = [];
      for (;;) {
        fill();
        const next = ahead[0];
        if (!next) return all;
        const own = helps && !(await isThere(next)) ? queue.nextHistory("others") : undefined;
        if (!own) ahead.shift();
        const one = own
          ? take(own, await readNow(own.source, job(own, CHUNK_BYTES)))
          : take(next.work, await next.result);
        if (!one) continue;
        all.push(one);
        if (isEnough(one)) return all;
      }
    },
  };
}
export type History<Taken> = ReturnType<typeof createHistory<Taken>>;
