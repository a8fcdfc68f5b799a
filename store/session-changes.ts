import type { Database } from "bun:sqlite";

/** More than a person has open; an import of a history changes everything that anything was worked out of. */
const MOST_NAMED = 10_000;
/** A fork repeats calls, so an observation may change a call of another session than the one that it names. */
const CHANGED_CALLS = `
create temp table if not exists changed_calls (session_pk integer primary key);
create temp trigger if not exists call_changed after update of session_pk on main.tool_calls begin
  insert into changed_calls select old.session_pk
    where not exists (select 1 from changed_calls where session_pk = old.session_pk);
end;`;

/**
 * Which sessions have rows that a commit added, changed or removed. It is for what a reader keeps of a session; whatever
 * writes without a commit of the writer calls `all`.
 */
export function createSessionChanges(db: Database) {
  db.run(CHANGED_CALLS);
  const calls = db.query<{ session_pk: number }, []>("select session_pk from temp.changed_calls");
  const forgetCalls = db.query("delete from temp.changed_calls");
  const touched = new Set<number>();
  /** The commit that changed a session last. */
  const commitOf = new Map<number, number>();
  let commits = 0;
  let everything = 0;

  const all = (): void => {
    commits++;
    everything = commits;
    commitOf.clear();
  };

  return {
    all,
    touch: (session_pk: number): void => void touched.add(session_pk),
    /** Before the transaction ends. */
    gather(): void {
      const found = calls.all();
      for (const { session_pk } of found) touched.add(session_pk);
      if (found.length > 0) forgetCalls.run();
    },
    committed(): void {
      commits++;
      for (const session_pk of touched) commitOf.set(session_pk, commits);
      touched.clear();
      if (commitOf.size > MOST_NAMED) all();
    },
    rolledBack: (): void => touched.clear(),
    commits: () => commits,
    /** What changed in later commits than this one; undefined where it may be anything. */
    since(commit: number): number[] | undefined {
      if (commit < everything) return undefined;
      return [...commitOf].flatMap(([session_pk, at]) => (at > commit ? [session_pk] : []));
    },
  };
}
export type SessionChanges = ReturnType<typeof createSessionChanges>;
