import type { Database } from "bun:sqlite";
import type { BatchWriter } from "./commit-batch.ts";
import type { Writer } from "./commit-rows.ts";
import type { CommitResult, Committer } from "./committer.ts";
import type { Meta } from "./meta.ts";
import { createSettler, dueSessions, type Mark } from "./settle.ts";

/** Key in `meta`: the last row for which hidden calls were derived. */
const SETTLED = "settled";

type Parts = { writer: Writer; committer: Committer; batches: BatchWriter; meta: Meta };

/** Derives the hidden calls of every session with new evidence, in slices of time. */
export function createSettling(db: Database, { writer, committer, batches, meta }: Parts) {
  const settler = createSettler(db, writer);
  const lastRows = lastRowsOf(db);
  const unsettled = new Set<number>();
  let settled: Mark | undefined;

  function settleSome(until: number, to: Mark, result: CommitResult): void {
    const nextSeq = () => {
      result.requests++;
      return ++result.seq;
    };
    for (const session_pk of unsettled) {
      for (const notice of settler.settle(session_pk, nextSeq)) batches.putEvent(notice, result);
      unsettled.delete(session_pk);
      if (performance.now() > until) break;
    }
    // A process that ends before all are done starts again from the same mark.
    if (unsettled.size === 0) meta.set(SETTLED, JSON.stringify(to));
  }

  /** Number of resulting rows; undefined if there was nothing to do. */
  return (most_ms: number): CommitResult | undefined => {
    const before = settled ?? toSettled(meta.get(SETTLED));
    const now: Mark = { seq: committer.lastSeq(), ...lastRows() };
    const isNews = now.seq !== before.seq || now.total !== before.total || now.call !== before.call;
    if (isNews) for (const session_pk of dueSessions(db, before)) unsettled.add(session_pk);
    settled = now;
    if (unsettled.size === 0) return undefined;
    try {
      const until = performance.now() + most_ms;
      const result = committer.commit((r) => settleSome(until, now, r));
      return result.requests + result.events > 0 || unsettled.size > 0 ? result : undefined;
    } catch (error) {
      // After a rollback the work is due again, as the mark has not moved.
      settled = undefined;
      throw error;
    }
  };
}

function toSettled(text: string | undefined): Mark {
  return text === undefined ? { seq: 0, total: 0, call: 0 } : (JSON.parse(text) as Mark);
}

function lastRowsOf(db: Database) {
  const total = db.query<{ pk: number | null }, []>("select max(total_pk) as pk from client_totals");
  const call = db.query<{ pk: number | null }, []>("select max(call_pk) as pk from telemetry_calls");
  return () => ({ total: total.get()!.pk ?? 0, call: call.get()!.pk ?? 0 });
}
