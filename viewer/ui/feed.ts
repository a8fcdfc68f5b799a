import { computed, effect, signal, untracked } from "@preact/signals";
import type { FeedEvent, SourceName } from "../../schema/events.ts";
import { throttled } from "./clock.ts";
import { openStream, stream } from "./live.ts";
import { callRoute, type Fault } from "./request.ts";
import { route } from "./route.ts";
import { backfilling, refreshStatus, status, status_fault } from "./status.ts";

export const FEED_ROWS = 500;
const FIRST_ROWS = 200;
const PAINT_MS = 100;
const POLL_MS = 2000;

/** Newest first, never more than FEED_ROWS. */
export const rows = signal<FeedEvent[]>([]);
/** What came in while the list was held still. */
export const waiting = signal<FeedEvent[]>([]);
export const loaded = signal(false);
export const fault = signal<Fault | null>(null);
export const paused = signal(false);
/** Whether the list is on the screen: only then is it asked for. */
export const shown = signal(false);
/** While the pointer or the keyboard is in the list, rows must not move away under it. */
export const held = signal(false);
/** Every bunch of new events, whatever the list is filtered by: what shows sums asks for them again. */
export const arrivals = signal<FeedEvent[]>([]);

export type FeedFilter = {
  source: SourceName | "";
  session_id: string;
  event_category: string;
  tool_name: string;
};

/** As text, because a computed object would be a new one at every change of the address. */
const filter = computed(() => {
  const { source = "", session = "", category = "", tool = "" } = route.value.query;
  return JSON.stringify({ source, session_id: session, event_category: category, tool_name: tool });
});
/** What an address names may not exist: the server refuses it with a reason. */
const currentFilter = () => JSON.parse(filter.peek()) as FeedFilter;

/** What the server's filter means, for the events that come by the stream. */
export function matches(event: FeedEvent, wanted: FeedFilter): boolean {
  return (
    (!wanted.source || event.source === wanted.source) &&
    (!wanted.session_id || [event.session_id, event.session_key].includes(wanted.session_id)) &&
    (!wanted.event_category || event.event_category === wanted.event_category) &&
    (!wanted.tool_name || event.tool_name === wanted.tool_name)
  );
}

export function newest(shown: FeedEvent[], fresh: FeedEvent[]): FeedEvent[] {
  const known = new Set(shown.map((e) => e.seq));
  const added = fresh.filter((e) => !known.has(e.seq));
  return added.length === 0 ? shown : [...added, ...shown].sort((a, b) => b.seq - a.seq).slice(0, FEED_ROWS);
}

let incoming: FeedEvent[] = [];
/** The last of the stream, for a list that was requested while they came. */
let recent: FeedEvent[] = [];

function take(events: FeedEvent[]): void {
  incoming.push(...events);
  if (incoming.length > 2 * FEED_ROWS) incoming = incoming.slice(-FEED_ROWS);
  paint();
}

const paint = throttled(PAINT_MS, () => {
  const fresh = incoming;
  incoming = [];
  recent = newest(recent, fresh);
  arrivals.value = fresh;
  const wanted = currentFilter();
  const target = paused.value || held.value ? waiting : rows;
  target.value = newest(
    target.value,
    fresh.filter((event) => matches(event, wanted)),
  );
});

function showWaiting(): void {
  rows.value = newest(rows.value, waiting.value);
  waiting.value = [];
}

export function startFeed(): void {
  effect(() => {
    void filter.value;
    if (!shown.value) return;
    // Typing a tool's name is one question, not eight.
    const timer = setTimeout(() => untracked(load), loaded.peek() ? 200 : 0);
    return () => clearTimeout(timer);
  });
  effect(() => {
    const isReading = backfilling.value;
    return untracked(() => follow(isReading));
  });
  effect(() => {
    if (!paused.value && !held.value && waiting.peek().length > 0) untracked(showWaiting);
  });
}

/** History comes in by the thousand: until it is in, the list is asked for; after that it streams. */
function follow(isReading: boolean): () => void {
  let stop = () => {};
  let isOver = false;
  const begin = async () => {
    // Asked before the list, so whatever is committed between the two is in both, and shown once.
    await refreshStatus();
    const isLoaded = await load();
    if (isOver) return;
    if (isReading || !isLoaded) {
      const timer = setTimeout(begin, POLL_MS);
      stop = () => clearTimeout(timer);
    } else stop = openStream(status.peek()?.last_seq ?? 0, { events: take, reset: restart, poll: load });
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

async function load(): Promise<boolean> {
  if (!shown.peek()) return awaitDaemon();
  const filterBefore = filter.peek();
  const result = await callRoute("GET /api/metrics", { query: { ...currentFilter(), limit: FIRST_ROWS } });
  if (filterBefore !== filter.peek()) return true;
  fault.value = result.ok ? null : result.fault;
  if (!result.ok) {
    if (result.fault.status === 0) stream.value = { connection: "gone", fault: null };
    return false;
  }
  if (backfilling.value) stream.value = { connection: "live", fault: null };
  const wanted = currentFilter();
  rows.value = newest(
    result.answer.data,
    recent.filter((event) => matches(event, wanted)),
  );
  waiting.value = [];
  loaded.value = true;
  arrivals.value = result.answer.data;
  return true;
}

/** Without the list only the status shows whether there is a daemon to follow. */
function awaitDaemon(): boolean {
  const fault = status_fault.peek();
  if (fault) {
    if (fault.status === 0) stream.value = { connection: "gone", fault: null };
    return false;
  }
  if (backfilling.value) stream.value = { connection: "live", fault: null };
  arrivals.value = [];
  return true;
}
