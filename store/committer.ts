import type { Database } from "bun:sqlite";
import type { Writer } from "./commit-rows.ts";

export type CommitResult = {
  /** Last sequence number that exists now. */
  seq: number;
  events: number;
  requests: number;
  duplicates: number;
  rejects: number;
};

/** Two steps into an index; `max` over the view of both tables would read all of them. */
export function lastStoredSeq(db: Database): number {
  return db
    .query<{ seq: number }, []>(
      "select max(coalesce((select max(seq) from events), 0), coalesce((select max(seq) from requests), 0)) as seq",
    )
    .get()!.seq;
}

/** Of a commit that has stored nothing yet. */
export const toResult = (seq: number): CommitResult => ({
  seq,
  events: 0,
  requests: 0,
  duplicates: 0,
  rejects: 0,
});

/**
 * Every commit of the one writer: all of it in one transaction, or nothing. Throws what SQLite throws; nothing has
 * happened then.
 */
export function createCommitter(db: Database, writer: Writer) {
  let seq = lastStoredSeq(db);

  function run(put: (result: CommitResult) => void): CommitResult {
    const result = toResult(seq);
    put(result);
    writer.flush();
    return result;
  }
  const inTransaction = db.transaction(run);

  return {
    lastSeq: () => seq,
    commit(put: (result: CommitResult) => void): CommitResult {
      try {
        const result = inTransaction.immediate(put);
        seq = result.seq;
        writer.changes.committed();
        return result;
      } catch (error) {
        // What was gathered in memory goes with what SQLite refused.
        writer.forget();
        throw error;
      }
    },
  };
}
export type Committer = ReturnType<typeof createCommitter>;
