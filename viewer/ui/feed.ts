import { computed, effect, signal, untracked } from "@preact/signals";
import type { FeedEvent } from "../../schema/events.ts";
import { throttled } from "./clock.ts";
import { changes, openStream, stream } from "./live.ts";
import { backfilling, refreshStatus, status, status_fault } from "./status.ts";

const PAINT_MS = 100;
const POLL_MS = 2000;
/** More than this many at once are not added to a list; sums are requested again after any number. */
const MOST_AT_ONCE = 2000;

/** Every batch of new events: views with sums request them again. */
export const arrivals = signal<FeedEvent[]>([]);
/** Counts how often the stream could not resume: then a list has to be requested again. */
export const restarts = signal(0);
/** Another value whenever something may have changed: a response that was requested at the same one is not old. */
export const latest = computed(() => [arrivals.value, changes.value, restarts.value] as const);

/**
 * Runs after each later batch with such events. The batch that is there was stored before whatever is requested from
 * now on.
 */
export function afterArrivals(isOf: (events: FeedEvent[]) => boolean, run: () => void): () => void {
  const known = arrivals.peek();
  return effect(() => {
    const batch = arrivals.value;
    if (batch !== known && isOf(batch)) untracked(run);
  });
}

let incoming: FeedEvent[] = [];
let hasArrived = false;

/** Whether anything has happened since the page was made: the responses embedded in it are old then. */
export const isPageOld = (): boolean => hasArrived || restarts.peek() > 1;

function take(events: FeedEvent[]): void {
  incoming.push(...events);
  if (incoming.length > 2 * MOST_AT_ONCE) incoming = incoming.slice(-MOST_AT_ONCE);
  publish();
}

const publish = throttled(PAINT_MS, () => {
  const fresh = incoming;
  incoming = [];
  hasArrived ||= fresh.length > 0;
  arrivals.value = fresh;
});

export function startFeed(): void {
  effect(() => {
    const isReading = backfilling.value;
    return untracked(() => follow(isReading));
  });
}

/** History arrives by the thousand: until it is read, the status is polled; then the stream is used. */
function follow(isReading: boolean): () => void {
  let stop = () => {};
  let isOver = false;
  const begin = async () => {
    // Opened before any list is requested, so events committed in between are in both, and shown once.
    await refreshStatus();
    const isThere = awaitDaemon();
    if (isOver) return;
    if (isReading || !isThere) {
      const timer = setTimeout(begin, POLL_MS);
      stop = () => clearTimeout(timer);
    } else
      stop = openStream(status.peek()?.last_seq ?? 0, {
        events: take,
        reset: restart,
        poll: () => void awaitDaemon(),
      });
  };
  const restart = () => {
    stop();
    void begin();
  };
  void begin();
  return () => {
    isOver = true;
    stop();
  };
}

/** The status alone shows whether there is a daemon to follow. */
function awaitDaemon(): boolean {
  const fault = status_fault.peek();
  if (fault) {
    if (fault.status === 0) stream.value = { connection: "gone", fault: null };
    return false;
  }
  if (backfilling.value) stream.value = { connection: "live", fault: null };
  restarts.value = restarts.peek() + 1;
  arrivals.value = [];
  return true;
}
