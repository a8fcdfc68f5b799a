import { basename } from "node:path";
import type { FileBatch } from "../schema/batch.ts";
import type { SourceName } from "../schema/events.ts";
import type { Store } from "../store/store.ts";
import type { Bus } from "./bus.ts";
import { commitOrSalvage } from "./commit.ts";
import { discover, type FoundFile, type Root } from "./discover.ts";
import { createFiles } from "./files.ts";
import { createProgress } from "./progress.ts";
import { createQueue, isChanged, type Work } from "./queue.ts";
import { countLost, sweepBigBodies, sweepSpool } from "./spool-keeper.ts";
import { tail } from "./tail.ts";
import { createTelemetry } from "./telemetry.ts";

/** How much is gathered into one transaction: small while live, so that the page keeps up. */
export type Slice = { rows: number; bytes: number };

export type CollectorOptions = {
  roots: Root[];
  store: Store;
  bus: Bus;
  live: Slice;
  history: Slice;
  now?: () => number;
  /** Called after every transaction while history is read. */
  onProgress?: () => void;
};

/** Reads what changed, stores it, and only then says so. The one place where files become rows. */
export function createCollector(options: CollectorOptions) {
  const { roots, store, bus } = options;
  const now = options.now ?? Date.now;
  const files = createFiles(store);
  const queue = createQueue();
  const telemetry = createTelemetry();
  const progress = createProgress(now);
  const spoolRoots = roots.filter((r) => r.source.name === "spool").map((r) => r.path);
  let lastScan: number | null = null;

  /** Compares every source folder with what was read, and queues the difference. */
  function scan(): void {
    const seen = new Set<string>();
    const isFirst = lastScan === null;
    for (const root of roots)
      for (const file of discover(root, (path, code) =>
        telemetry.raise(`folder ${path}`, { code, detail: `cannot list ${path}` }),
      )) {
        seen.add(file.path);
        const cursor = files.adopt(file);
        if (!isChanged(file, cursor)) continue;
        if (isFirst && file.source.name !== "spool") {
          queue.addHistory(file);
          progress.add(file.path, file.size_bytes - (cursor?.offset ?? 0));
        } else queue.addLive(file.path, file.source);
      }
    for (const cursor of files.all())
      if (!seen.has(cursor.path) && cursor.state !== "deleted") files.markDeleted(cursor);
    sweepSpool(files, store, now());
    for (const root of spoolRoots) sweepBigBodies(root, files, now());
    telemetry.counters.hook_events_lost = countLost(spoolRoots);
    lastScan = now();
    if (isFirst) progress.begin();
  }

  /** Asks the newest hook segments for their size: a hook's event is not to wait for a lost notification. */
  function pollSpool(): void {
    for (const root of roots)
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

  async function read(work: Work, budget: number): Promise<FileBatch | undefined> {
    const found: FoundFile = {
      source: work.source,
      path: work.path,
      size_bytes: 0,
      mtime_unix_ms: now(),
      inode: 0,
    };
    const result = await tail(work.source, work.path, files.get(work.path), budget);
    if (result.kind === "gone") {
      progress.done(work.path);
      return undefined;
    }
    if (result.kind === "failed") {
      telemetry.raise(`file ${work.path}`, {
        code: result.code,
        detail: `cannot read ${basename(work.path)}`,
        hint: "it is tried again",
      });
      progress.done(work.path);
      return undefined;
    }
    telemetry.clear(`file ${work.path}`);
    if (result.more) queue.putBack(work, found);
    progress.advance(work.path, result.batch.bytes, !result.more);
    return result.batch;
  }

  /** One transaction's worth of work. False when there was nothing to do. */
  async function pass(): Promise<boolean> {
    const batches: FileBatch[] = [];
    let rows = 0;
    let bytes = 0;
    let slice = options.live;
    for (
      let work = queue.next(true);
      work;
      work = queue.next(slice === options.history || batches.length === 0)
    ) {
      if (!work.live) slice = options.history;
      const batch = await read(work, Math.max(1, slice.bytes - bytes));
      if (batch) {
        batches.push(batch);
        rows += batch.events.length + batch.requests.length + batch.tool_calls.length;
        bytes += batch.bytes;
        telemetry.counters.lines_read += batch.lines;
        telemetry.counters.bytes_read += batch.bytes;
      }
      if (rows >= slice.rows || bytes >= slice.bytes) break;
    }
    if (batches.length > 0) await commit(batches);
    return batches.length > 0;
  }

  async function commit(batches: FileBatch[]): Promise<void> {
    for (let wait = 50; ; wait = Math.min(wait * 2, 5000)) {
      const before = store.lastSeq();
      const outcome = commitOrSalvage(store, batches, now());
      if (outcome.ok) {
        telemetry.clear("store");
        for (const batch of batches) files.set(batch.cursor);
        const { result } = outcome;
        telemetry.counters.events_committed += result.events;
        telemetry.counters.requests_committed += result.requests;
        telemetry.counters.duplicates += result.duplicates;
        telemetry.counters.rejects += result.rejects;
        if (result.seq > before) bus.publish("committed", { seq: result.seq });
        options.onProgress?.();
        return;
      }
      const { code, message, hint } = outcome.error;
      telemetry.raise("store", { code, detail: message, ...(hint && { hint }) });
      await Bun.sleep(wait);
    }
  }

  return {
    scan,
    touch,
    pollSpool,
    pass,
    telemetry,
    progress,
    lastScan: () => lastScan,
    filesKnown: files.count,
    isIdle: () => queue.size() === 0,
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
