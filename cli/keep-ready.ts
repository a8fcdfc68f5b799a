import type { Database } from "bun:sqlite";
import { DAY_MS } from "../schema/durations.ts";
import type { Judged } from "../store/judged/judged.ts";
import type { SessionChanges } from "../store/session-changes.ts";

/** The longest range that the page offers. */
const DAYS = 90;
/** Whatever else the thread has to do goes first: of its time this takes a quarter. */
const WORK_MS = 5;
const PAUSE_MS = 15;
const WAIT_MS = 1000;
/** A burst of what is stored late, such as files that were moved here, changes many sessions. */
const AGAIN_MS = 60_000;

type Parts = {
  reader: Database;
  judged: Judged;
  changes: Pick<SessionChanges, "commits">;
  isCaughtUp(): boolean;
};

/** Works out, once all history is stored, what the first answers about a long range would have to wait for. */
export function keepReady({ reader, judged, changes, isCaughtUp }: Parts): () => void {
  const lately = reader.query<{ session_pk: number }, [number]>(
    "select session_pk from sessions where last_unix_ms >= ? order by last_unix_ms desc",
  );
  let left: number[] = [];
  let commit = -1;
  let timer = setTimeout(check, WAIT_MS);

  function check(): void {
    timer = setTimeout(check, isCaughtUp() ? AGAIN_MS : WAIT_MS);
    if (!isCaughtUp() || commit === changes.commits()) return;
    commit = changes.commits();
    left = lately
      .all(Date.now() - DAYS * DAY_MS)
      .map((row) => row.session_pk)
      .reverse();
    clearTimeout(timer);
    work();
  }

  function work(): void {
    const until = performance.now() + WORK_MS;
    while (left.length > 0 && performance.now() < until) judged.keep(left.pop()!);
    timer = left.length > 0 ? setTimeout(work, PAUSE_MS) : setTimeout(check, AGAIN_MS);
  }
  return () => clearTimeout(timer);
}
