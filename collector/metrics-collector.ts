import type { MetricEvent } from "../schema/events.ts";
import type { FileBatch } from "../store/batch.ts";
import type { CommitResult } from "../store/committer.ts";
import { toStoreError } from "../store/database.ts";
import type { Store } from "../store/store.ts";
import { type Bus, createBus } from "./bus.ts";
import { commitOrSalvage } from "./commit.ts";
import { createTelemetry, type Telemetry } from "./telemetry.ts";

/** So soon after a lock is gone, or space is back, is everything stored. */
const LONGEST_WAIT_MS = 1000;

/** So long may one stretch of it take; the rest follows. */
const SETTLE_MS = 10;
/** At most a tenth of the time goes into working out hidden calls while there is more to read. */
const SETTLE_SHARE = 10;

/** How much is gathered into one transaction: small while live, so that the page keeps up. */
export type Slice = { rows: number; bytes: number };

export type MetricsCollector = Bus & {
  /** Gathers; true when the slice is full and `flush` is due. */
  add(batch: FileBatch, slice: Slice): boolean;
  gatheredBytes(): number;
  /** Commits what was gathered, waiting for a database that takes nothing, and publishes. Gives what is stored now. */
  flush(): Promise<FileBatch[]>;
  /** Commits events that are in no file, with what else must be known from then on, and publishes. */
  record: Store["record"];
  /** Works out which billed calls no file shows, once all that is there was read; true where that changed something. Under load it waits, unless nothing else is to come. */
  settle(isLast?: boolean): boolean;
  telemetry: Telemetry;
  /** Ends the wait for a database that takes nothing; what it did not take is read again at the next start. */
  stop(): void;
};

/** The emitter of everything that is recorded: it batches, commits, and only then publishes. */
export function createMetricsCollector(store: Store, now: () => number = Date.now): MetricsCollector {
  const bus = createBus();
  const telemetry = createTelemetry((key, problem) => bus.publish("problem", { key, problem }), now);
  const gathered = createGathered();
  const committer = patientCommitter(store, telemetry, now);
  const publish = publisher(store, bus);

  return {
    ...bus,
    telemetry,
    add: gathered.add,
    gatheredBytes: gathered.bytes,
    async flush(): Promise<FileBatch[]> {
      const batches = gathered.take();
      if (batches.length === 0) return [];
      const before = await committer.commit(batches);
      if (before === undefined) return [];
      telemetry.hookStored(hookTimes(batches));
      publish(before, batches);
      return batches;
    },
    record(events: MetricEvent[], meta) {
      const before = store.lastSeq();
      const result = store.record(events, meta);
      if (result.seq > before) bus.publish("committed", { seq: result.seq });
      return result;
    },
    settle: pacedSettle(store, telemetry, publish),
    stop: committer.stop,
  };
}

function createGathered() {
  let batches: FileBatch[] = [];
  let sum: Slice = { rows: 0, bytes: 0 };
  return {
    bytes: () => sum.bytes,
    add(batch: FileBatch, slice: Slice): boolean {
      batches.push(batch);
      sum.rows += batch.events.length + batch.requests.length + batch.tool_calls.length;
      for (const part of batch.telemetry ?? []) sum.rows += part.records.length;
      sum.bytes += batch.bytes;
      return sum.rows >= slice.rows || sum.bytes >= slice.bytes;
    },
    take(): FileBatch[] {
      const taken = batches;
      batches = [];
      sum = { rows: 0, bytes: 0 };
      return taken;
    },
  };
}

/** Commits as soon as the database takes something. */
function patientCommitter(store: Store, telemetry: Telemetry, now: () => number) {
  const stopped = Promise.withResolvers<void>();
  let isStopped = false;

  function count({ events, requests, duplicates, rejects }: CommitResult): void {
    const { counters } = telemetry;
    counters.events_committed += events;
    counters.requests_committed += requests;
    counters.duplicates += duplicates;
    counters.rejects += rejects;
  }

  return {
    /** Gives the last sequence number before it; undefined where it was stopped first. */
    async commit(batches: FileBatch[]): Promise<number | undefined> {
      for (let wait = 50; !isStopped; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
        const before = store.lastSeq();
        const outcome = commitOrSalvage(store, batches, now());
        if (outcome.ok) {
          telemetry.clear("store");
          count(outcome.result);
          return before;
        }
        const { code, message, hint } = outcome.error;
        telemetry.raise("store", { code, detail: message, ...(hint && { hint }) });
        await Promise.race([Bun.sleep(wait), stopped.promise]);
      }
      return undefined;
    },
    stop(): void {
      isStopped = true;
      stopped.resolve();
    },
  };
}

type Publish = (before: number, batches: readonly FileBatch[]) => void;

function publisher(store: Store, bus: Bus): Publish {
  return (before, batches) => {
    const seq = store.lastSeq();
    if (seq > before) bus.publish("committed", { seq });
    bus.publish("observed", { session_keys: sessionsOf(batches) });
    const samples = batches.reduce((n, b) => n + b.samples.length + b.limits.cells.length, 0);
    if (samples > 0) bus.publish("limit", { seq });
  };
}

function pacedSettle(store: Store, telemetry: Telemetry, publish: Publish) {
  let due = 0;
  return (isLast = false): boolean => {
    const began = performance.now();
    if (!isLast && began < due) return false;
    const before = store.lastSeq();
    try {
      const result = store.settle(isLast ? undefined : SETTLE_MS);
      telemetry.clear("settle");
      if (result) publish(before, []);
      const now_ms = performance.now();
      due = now_ms + SETTLE_SHARE * (now_ms - began);
      return result !== undefined;
    } catch (cause) {
      // Nothing is lost: it is worked out again at the next chance.
      const { code, message } = toStoreError(cause, "hall.db");
      telemetry.raise("settle", { code, detail: message });
      return false;
    }
  };
}

function hookTimes(batches: readonly FileBatch[]): number[] {
  return batches
    .filter((batch) => batch.cursor.source === "spool")
    .flatMap((batch) => batch.events.map((event) => event.time_unix_ms));
}

function sessionsOf(batches: readonly FileBatch[]): string[] {
  const keys = new Set<string>();
  for (const { sessions, turns, tool_calls, agents } of batches)
    for (const of of [sessions, turns, tool_calls, agents])
      for (const { source, session_id } of of) keys.add(`${source}:${session_id}`);
  return [...keys];
}
