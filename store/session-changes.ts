import type { Database } from "bun:sqlite";

/** More than a person has open; an import of a history changes the input of every cached result. */
const MOST_NAMED = 10_000;
/** A fork repeats calls, so an observation may change a call of another session than the one that it names. */
const CHANGED_CALLS = `
create temp table if not exists changed_calls (session_pk integer primary key);
create temp trigger if not exists call_changed after update of session_pk on main.tool_calls begin
  insert into changed_calls select old.session_pk
    where not exists (select 1 from changed_calls where session_pk = old.session_pk);
end;`;

/**
 * Sessions with rows that a commit added, changed or removed, for results that readers cache. Writes outside of a
 * commit call `all`.
 */
export function createSessionChanges(db: Database) {
  db.run(CHANGED_CALLS);
  const calls = db.query<{ session_pk: number }, []>("select session_pk from temp.changed_calls");
  const forgetCalls = db.query("delete from temp.changed_calls");
  const touched = new Set<number>();
  /** The last commit that changed a session. */
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
    /** Sessions changed by later commits than this one; undefined if any may have changed. */
    since(commit: number): number[] | undefined {
      if (commit < everything) return undefined;
      return [...commitOf].flatMap(([session_pk, at]) => (at > commit ? [session_pk] : []));
    },
  };
}
export type SessionChanges = ReturnType<typeof createSessionChanges>;
