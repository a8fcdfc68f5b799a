import type { FileRead, FileReads, Taken } from "./file-reads.ts";
import type { Files } from "./files.ts";
import { createThread, type HistoryReader, ownThread } from "./history-reader.ts";
import type { Progress } from "./progress.ts";
import type { Queue } from "./queue.ts";

const CHUNK_BYTES = 4 * 1024 * 1024;
/** With fewer, the second core runs out of small files while this thread stores. */
const AHEAD = 32;
/** Reading this much takes as long as starting a thread. */
const THREAD_FROM_BYTES = 32 * 1024 * 1024;

type Parts = {
  queue: Queue;
  files: Files;
  progress: Progress;
  reads: FileReads;
  /** Whether much of it is read on a second core: the plain path keeps to this thread. */
  isFast: boolean;
};

/** Reads what was there at the start, newest file first; in a thread some files ahead of what is stored. */
export function createHistory({ queue, files, progress, reads, isFast }: Parts) {
  const ahead: { read: FileRead; answer: ReturnType<HistoryReader["read"]> }[] = [];
  let thread: HistoryReader | undefined;

  function fill(): void {
    if (isFast && progress.left() >= THREAD_FROM_BYTES) thread ??= createThread();
    while (ahead.length < (thread ? AHEAD : 1)) {
      const work = queue.nextHistory();
      if (!work) return;
      const read = { work, job: reads.job(work, CHUNK_BYTES) };
      ahead.push({ read, answer: (thread ?? ownThread).read(read) });
    }
  }

  function close(): void {
    thread?.close();
    thread = undefined;
  }

  /** The file changed meanwhile and was read as a live one: its cursor has moved on. */
  const isOvertaken = ({ work, job }: FileRead) => files.get(work.path)?.offset !== job.from?.offset;

  return {
    /** The next read with something to store; undefined once everything is read. */
    async next(): Promise<Taken | undefined> {
      for (fill(); ahead.length > 0; fill()) {
        const { read, answer } = ahead.shift()!;
        const result = await answer;
        const taken = isOvertaken(read) ? undefined : reads.take(read.work, result());
        if (taken) return taken;
        queue.release(read.work);
      }
      return undefined;
    },
    close,
  };
}
export type History = ReturnType<typeof createHistory>;
