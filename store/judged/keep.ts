import type { SessionChanges } from "../session-changes.ts";

/** Cached results of a whole session. */
export type Kept = {
  /** Time of the last row that it depends on. */
  until_unix_ms: number;
  /** Parts of about a hundred bytes. */
  parts: number;
};
/** After an overflow, this much is kept. */
const LEFT = 0.75;

/**
 * Caches the results of each session until one of its rows changes. Above `most_parts` the sessions that ended first
 * are dropped, as ranges end with the present.
 */
export function keepBySession<V extends Kept>(
  changes: Pick<SessionChanges, "commits" | "since">,
  most_parts: number,
) {
  const kept = new Map<number, V>();
  let parts = 0;
  let commit = changes.commits();
  /** Sessions that ended before are not cached. */
  let earliest = Number.NEGATIVE_INFINITY;

  function forget(session_pk: number): void {
    parts -= kept.get(session_pk)?.parts ?? 0;
    kept.delete(session_pk);
  }

  function refresh(): void {
    if (commit === changes.commits()) return;
    const changed = changes.since(commit);
    commit = changes.commits();
    if (changed) {
      for (const session_pk of changed) forget(session_pk);
      return;
    }
    kept.clear();
    parts = 0;
    earliest = Number.NEGATIVE_INFINITY;
  }

  function makeRoom(): void {
    const inOrder = [...kept].sort(([, a], [, b]) => a.until_unix_ms - b.until_unix_ms);
    for (const [session_pk, { until_unix_ms }] of inOrder) {
      if (parts <= LEFT * most_parts) return;
      forget(session_pk);
      earliest = until_unix_ms + 1;
    }
  }

  return {
    get(session_pk: number, workOut: () => V): V {
      refresh();
      const known = kept.get(session_pk);
      if (known) return known;
      const made = workOut();
      if (made.until_unix_ms < earliest) return made;
      kept.set(session_pk, made);
      parts += made.parts;
      if (parts > most_parts) makeRoom();
      return made;
    },
    size: () => ({ sessions: kept.size, parts }),
  };
}
