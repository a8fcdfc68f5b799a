import type { Database } from "bun:sqlite";
import type { Beat } from "../collector/beat.ts";
import { DAY_MS } from "../schema/durations.ts";
import type { Judged } from "../store/judged/judged.ts";
import type { SessionChanges } from "../store/session-changes.ts";

/** The longest range that the page offers. */
const DAYS = 90;
/** Whatever else the thread has to do goes first: of its time this takes a quarter. */
const WORK_MS = 5;
const PAUSE_MS = 15;
const CHECK_MS = 1000;
/** A burst of what is stored late, such as files that were moved here, changes many sessions. */
const AGAIN_MS = 60_000;

type Parts = {
  reader: Database;
  judged: Pick<Judged, "keep">;
  changes: Pick<SessionChanges, "commits">;
  beat: Pick<Beat, "every">;
  isCaughtUp(): boolean;
  now?(): number;
};

/** Works out, once all history is stored, what the first answers about a long range would have to wait for. */
export function keepReady({ reader, judged, changes, beat, isCaughtUp, now = Date.now }: Parts): () => void {
  const lately = reader.query<{ session_pk: number }, [number]>(
    "select session_pk from sessions where last_unix_ms >= ? order by last_unix_ms desc",
  );
  let left: number[] = [];
  let commit = -1;
  let began = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function check(): void {
    const isEarly = Math.abs(now() - began) < AGAIN_MS;
    if (left.length > 0 || isEarly || !isCaughtUp() || commit === changes.commits()) return;
    commit = changes.commits();
    began = now();
    left = lately
      .all(now() - DAYS * DAY_MS)
      .map((row) => row.session_pk)
      .reverse();
    work();
  }

  function work(): void {
    const until = performance.now() + WORK_MS;
    while (left.length > 0 && performance.now() < until) judged.keep(left.pop()!);
    if (left.length > 0) timer = setTimeout(work, PAUSE_MS);
  }
  const leave = beat.every({ every_ms: CHECK_MS, rest_ms: AGAIN_MS, run: check });
  return () => {
    leave();
    clearTimeout(timer);
  };
}
