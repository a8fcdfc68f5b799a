import { basename } from "node:path";
import type { Cursor, FileBatch } from "../schema/batch.ts";
import type { SourceName } from "../schema/events.ts";
import type { Store } from "../store/store.ts";
import { createPipelineCounters, type ReadLog } from "./counters.ts";
import { discover, type Root } from "./discover.ts";
import { nameAccount } from "./file-batch.ts";
import { createFiles } from "./files.ts";
import type { MetricsCollector, Slice } from "./metrics-collector.ts";
import { createProgress } from "./progress.ts";
import { createQueue, isChanged, type Work } from "./queue.ts";
import { createReader, type ReadJob, readNow, type TimedResult } from "./reader.ts";
import { isOurSpool, reportLosses, spoolBacklog, sweepBigBodies, sweepSpool } from "./spool-keeper.ts";

/** Files that are read while what came before them is stored: with fewer, small ones leave the reader without work. */
const READ_AHEAD = 64;
const HISTORY_CHUNK_BYTES = 4 * 1024 * 1024;

type Ahead = { work: Work; result: Promise<TimedResult>; isDone: boolean };

export type CollectorOptions = {
  roots: Root[];
  store: Store;
  metrics: MetricsCollector;
  live: Slice;
  history: Slice;
  /** Reads files on this thread, too, rather than wait for the reader: only where nobody waits for this thread. */
  helps?: boolean;
  now?: () => number;
  /** Called after every transaction while history is read. */
  onProgress?: (() => void) | undefined;
  /** Told of every file that was not read as it should have been. */
  log?: ((line: ReadLog) => void) | undefined;
};

/** Finds and reads what changed, and hands it to be stored. The one place where files become rows. */
export function createCollector(options: CollectorOptions) {
  const { roots, store, metrics } = options;
  const { telemetry } = metrics;
  const now = options.now ?? Date.now;
  const files = createFiles(store);
  const queue = createQueue();
  const progress = createProgress(now);
  const counters = createPipelineCounters(options.log);
  const spoolRoots = roots.filter((r) => r.source.name === "spool").map((r) => r.path);
  const named = roots.filter((r) => r.account !== undefined);
  const reader = createReader();
  const ahead: Ahead[] = [];
  let lastScan: number | null = null;
  if (options.helps) reader.start();

  const trusted = () => roots.filter((r) => r.source.name !== "spool" || isOurSpool(r.path, telemetry));

  /** Compares every source folder with what was read, and queues the difference. */
  function scan(): void {
    const seen = new Set<string>();
    const isFirst = lastScan === null;
    for (const root of trusted())
      for (const file of discover(root, (path, code) => {
        counters.notListed(root.source.name, path);
        telemetry.raise(`folder ${path}`, { code, detail: `cannot list ${path}` });
      })) {
        seen.add(file.path);
        const cursor = files.adopt(file);
        if (!isChanged(file, cursor) || (!isFirst && isWaiting(file.path))) continue;
        counters.found(file.source.name);
        if (isFirst && file.source.name !== "spool") {
          queue.addHistory(file);
          progress.add(file.path, file.size_bytes - (cursor?.offset ?? 0));
        } else {
          if (!isFirst && file.source.name !== "spool") counters.missedByWatcher();
          queue.addLive(file.path, file.source);
        }
      }
    for (const cursor of files.all())
      if (!seen.has(cursor.path) && cursor.state !== "deleted" && isLookedFor(cursor))
        files.markDeleted(cursor);
    sweepSpool(files, store, now());
    for (const root of spoolRoots) sweepBigBodies(root, files, now());
    reportLosses(spoolRoots, telemetry, now());
    lastScan = now();
    if (isFirst) progress.begin();
  }

  /** Already on its way: as history, as a change, or in the reader's hands. */
  function isWaiting(path: string): boolean {
    return queue.has(path) || ahead.some((a) => a.work.path === path);
  }

  /** A source that is switched off has no roots: its files are not gone. */
  function isLookedFor(cursor: Cursor): boolean {
    return roots.some((root) => root.source.name === cursor.source);
  }

  /** Asks the newest hook segments for their size: a hook's event is not to wait for a lost notification. */
  function pollSpool(): void {
    for (const root of trusted())
      if (root.source.name === "spool")
        for (const file of discover(root, () => {}))
          if (isChanged(file, files.get(file.path))) queue.addLive(file.path, file.source);
  }

  /** A path that the watcher named; anything that is not a source's file is passed over. */
  function touch(path: string): boolean {
    for (const root of roots) {
      if (!path.startsWith(`${root.path}/`) || !root.source.accepts(path.slice(root.path.length + 1)))
        continue;
      queue.addLive(path, root.source);
      return true;
    }
    return false;
  }

  /** What a reading gave, with what is to be done once it is stored. */
  type Taken = { work: Work; batch: FileBatch; more: boolean };

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

  const job = (work: Work, budget_bytes: number): ReadJob => ({
    source: work.source.name,
    path: work.path,
    from: files.get(work.path),
    budget_bytes,
  });

  /** What changed just now: read on this thread, stored at once. */
  async function passLive(): Promise<boolean> {
    const taken: Taken[] = [];
    for (let work = queue.nextLive(); work; work = queue.nextLive()) {
      const one = take(
        work,
        await readNow(work.source, job(work, Math.max(1, options.live.bytes - metrics.gatheredBytes()))),
      );
      if (one) taken.push(one);
      if (one && metrics.add(one.batch, options.live)) break;
    }
    return keep(taken);
  }

  /** A slice of what was there at the start; the reader is always some files ahead. */
  async function passHistory(): Promise<boolean> {
    const taken: Taken[] = [];
    while (true) {
      while (ahead.length < READ_AHEAD) {
        const work = queue.nextHistory(options.helps ? "largest" : "any");
        if (!work) break;
        ahead.push(readAhead(work));
      }
      const next = ahead[0];
      if (!next) break;
      const own = options.helps && !(await isThere(next)) ? queue.nextHistory("others") : undefined;
      if (!own) ahead.shift();
      const one = own
        ? take(own, await readNow(own.source, job(own, HISTORY_CHUNK_BYTES)))
        : take(next.work, await next.result);
      if (one) taken.push(one);
      if (one && (metrics.add(one.batch, options.history) || queue.hasLive())) break;
    }
    if (taken.length === 0 && ahead.length === 0) reader.close();
    return keep(taken);
  }

  /** The reader's answers come in only when this thread takes a turn of its loop. */
  async function isThere(entry: Ahead): Promise<boolean> {
    if (!entry.isDone) await new Promise((resolve) => setImmediate(resolve));
    return entry.isDone;
  }

  function readAhead(work: Work): Ahead {
    const entry: Ahead = { work, result: reader.read(job(work, HISTORY_CHUNK_BYTES)), isDone: false };
    entry.result.then(() => {
      entry.isDone = true;
    });
    return entry;
  }

  async function keep(taken: Taken[]): Promise<boolean> {
    if (taken.length === 0) return false;
    for (const batch of await metrics.flush()) files.set(batch.cursor);
    options.onProgress?.();
    for (const { work, more } of taken) if (more) queue.putBack(work);
    return true;
  }

  /** One transaction's worth of work. False when there was nothing to do. */
  async function pass(): Promise<boolean> {
    return (await passLive()) || (await passHistory());
  }

  return {
    scan,
    touch,
    pollSpool,
    pass,
    telemetry,
    progress,
    counters: counters.status,
    lastScan: () => lastScan,
    filesKnown: files.count,
    spoolBacklog: () => spoolBacklog(spoolRoots, (path) => files.get(path)?.offset ?? 0),
    close: () => reader.close(),
    /** Reads everything there is, to the end. */
    async drain(): Promise<void> {
      scan();
      while (await pass());
      progress.finish();
    },
    /** Everything of these sources is read again; ids make what is known already harmless. */
    reindex(sources: SourceName[]): number {
      for (const source of sources) store.rewind(source);
      files.load();
      lastScan = null;
      progress.reset();
      scan();
      return [...files.all()].filter((c) => sources.some((s) => s === c.source)).length;
    },
  };
}
export type Collector = ReturnType<typeof createCollector>;
