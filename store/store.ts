import type { Database } from "bun:sqlite";
import type { MetricEvent } from "../schema/event.ts";
import type { FileBatch, Reject } from "./batch.ts";
import { batchWriter } from "./commit-batch.ts";
import { createWriter, type WriterOptions } from "./commit-rows.ts";
import { type CommitResult, createCommitter } from "./committer.ts";
import { fileCursors } from "./file-cursors.ts";
import { metaOf } from "./meta.ts";
import type { PlanObservation } from "./plans/observation.ts";
import { planStore } from "./plans/store.ts";
import type { CostOf } from "./request-rows.ts";
import { createSettling } from "./settling.ts";

/**
 * The one writer. The result of reading some files is stored in one transaction together with their cursors: after a
 * crash at any point either all of it is stored or nothing.
 */
export function createStore(db: Database, price: CostOf, options: WriterOptions = {}) {
  const meta = metaOf(db);
  const files = fileCursors(db);
  const writer = createWriter(db, price, options);
  const committer = createCommitter(db, writer);
  const batches = batchWriter(db, writer);
  const settle = createSettling(db, { writer, committer, batches, meta });
  const plans = planStore(db, writer.plans, writer.sessions);

  return {
    ...files,
    lastSeq: committer.lastSeq,
    changes: writer.changes,
    commit: (read: FileBatch[], now: number): CommitResult =>
      committer.commit((result) => batches.putBatches(read, result, now)),
    /** Events that are in no file, with other rows that belong to them. */
    record: (events: MetricEvent[], known: Record<string, string>): CommitResult =>
      committer.commit((result) => {
        for (const event of events) batches.putEvent(event, result);
        for (const [key, value] of Object.entries(known)) meta.set(key, value);
      }),
    plans: {
      ...plans,
      /** Observations of some plans, with the lines of their manifests that could not be read. */
      put: (observed: PlanObservation[], rejects: Reject[], now: number): CommitResult =>
        committer.commit((result) => {
          for (const r of rejects) result.rejects += Number(writer.putReject(r, now));
          plans.put(observed, now, (event) => batches.putEvent(event, result));
        }),
      putSignals: (found: ReturnType<typeof plans.nextSignals>): CommitResult =>
        committer.commit((result) => plans.putSignals(found, (event) => batches.putEvent(event, result))),
    },
    settle: (most_ms = Number.POSITIVE_INFINITY) => settle(most_ms),
    setMeta: meta.set,
    meta: meta.get,
    checkpoint: (): void => void db.run("pragma wal_checkpoint(truncate)"),
  };
}
export type Store = ReturnType<typeof createStore>;
