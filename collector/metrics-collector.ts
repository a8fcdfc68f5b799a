import type { FileBatch } from "../schema/batch.ts";
import type { MetricEvent } from "../schema/events.ts";
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
  const stopped = Promise.withResolvers<void>();
  let isStopped = false;
  let settleAfter = 0;
  let gathered: FileBatch[] = [];
  let sum: Slice = { rows: 0, bytes: 0 };

  function publish(before: number, batches: readonly FileBatch[]): void {
    const seq = store.lastSeq();
    if (seq > before) bus.publish("committed", { seq });
    bus.publish("observed", { session_keys: sessionsOf(batches) });
    const readings = batches.reduce((n, b) => n + b.samples.length + b.limits.cells.length, 0);
    if (readings > 0) bus.publish("limit", { seq });
  }

  async function flush(): Promise<FileBatch[]> {
    const batches = gathered;
    gathered = [];
    sum = { rows: 0, bytes: 0 };
    if (batches.length === 0) return [];
    for (let wait = 50; !isStopped; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const before = store.lastSeq();
      const outcome = commitOrSalvage(store, batches, now());
      if (outcome.ok) {
        telemetry.clear("store");
        const { counters } = telemetry;
        counters.events_committed += outcome.result.events;
        counters.requests_committed += outcome.result.requests;
        counters.duplicates += outcome.result.duplicates;
        counters.rejects += outcome.result.rejects;
        telemetry.hookStored(hookTimes(batches));
        publish(before, batches);
        return batches;
      }
      const { code, message, hint } = outcome.error;
      telemetry.raise("store", { code, detail: message, ...(hint && { hint }) });
      await Promise.race([Bun.sleep(wait), stopped.promise]);
    }
    return [];
  }

  return {
    ...bus,
    telemetry,
    flush,
    gatheredBytes: () => sum.bytes,
    add(batch, slice): boolean {
      gathered.push(batch);
      sum.rows += batch.events.length + batch.requests.length + batch.tool_calls.length;
      for (const part of batch.telemetry ?? []) sum.rows += part.records.length;
      sum.bytes += batch.bytes;
      return sum.rows >= slice.rows || sum.bytes >= slice.bytes;
    },
    record(events: MetricEvent[], meta) {
      const before = store.lastSeq();
      const result = store.record(events, meta);
      if (result.seq > before) bus.publish("committed", { seq: result.seq });
      return result;
    },
    settle(isLast = false): boolean {
      const began = performance.now();
      if (!isLast && began < settleAfter) return false;
      const before = store.lastSeq();
      try {
        const result = store.settle(isLast ? undefined : SETTLE_MS);
        telemetry.clear("settle");
        if (result) publish(before, []);
        const now_ms = performance.now();
        settleAfter = now_ms + SETTLE_SHARE * (now_ms - began);
        return result !== undefined;
      } catch (cause) {
        // Nothing is lost: it is worked out again at the next chance.
        const { code, message } = toStoreError(cause, "hall.db");
        telemetry.raise("settle", { code, detail: message });
        return false;
      }
    },
    stop(): void {
      isStopped = true;
      stopped.resolve();
    },
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
