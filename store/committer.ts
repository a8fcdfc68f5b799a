import type { Database } from "bun:sqlite";
import type { Writer } from "./commit-rows.ts";

export type CommitResult = {
  /** The last sequence number that is stored. */
  seq: number;
  events: number;
  requests: number;
  duplicates: number;
  rejects: number;
};

/** Two index lookups; `max` over the view of both tables would read every row. */
export function lastStoredSeq(db: Database): number {
  return db
    .query<{ seq: number }, []>(
      "select max(coalesce((select max(seq) from events), 0), coalesce((select max(seq) from requests), 0)) as seq",
    )
    .get()!.seq;
}

/** The result of a commit before it has stored anything. */
export const toResult = (seq: number): CommitResult => ({
  seq,
  events: 0,
  requests: 0,
  duplicates: 0,
  rejects: 0,
});

/**
 * Commits of the one writer: everything in one transaction, or nothing. Throws SQLite's errors, after which nothing is
 * stored.
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
        // Drops what was gathered in memory for the transaction.
        writer.forget();
        throw error;
      }
    },
  };
}
export type Committer = ReturnType<typeof createCommitter>;
