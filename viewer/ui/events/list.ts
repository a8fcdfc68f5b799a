import { effect, signal, untracked } from "@preact/signals";
import type { FeedEvent } from "../../../schema/events.ts";
import { arrivals, restarts } from "../feed.ts";
import { dayOf } from "../format.ts";
import { callRoute, type Fault } from "../request.ts";
import { type EventFilter, matcher, toQuery } from "./filter.ts";

const PAGE = 200;
/** Number of rows kept while the list is live; after scrolling back all loaded rows are kept. */
export const KEPT = 1000;
/** A text search reads a bounded number of events a page; so this many empty pages are skipped automatically. */
const EMPTY_PAGES = 5;

/** The end of the list was truncated: older events are requested by time. */
const CUT = "";

const byTime = (a: FeedEvent, b: FeedEvent) => b.time_unix_ms - a.time_unix_ms || b.seq - a.seq;

/** Newest first by their own time, without duplicates; a call of history is removed when its event arrives. */
export function merged(known: FeedEvent[], fresh: FeedEvent[]): FeedEvent[] {
  const ids = new Set(known.map((e) => e.event_id));
  const added = fresh.filter((e) => !ids.has(e.event_id)).sort(byTime);
  if (added.length === 0) return known;
  const calls = new Set(added.flatMap((e) => (e.seq > 0 && e.tool_use_id) || []));
  const isLeft = (e: FeedEvent) => e.seq === 0 && e.tool_use_id !== undefined && calls.has(e.tool_use_id);
  const shown = known.some(isLeft) ? known.filter((e) => !isLeft(e)) : known;
  const first = shown[0];
  const isAllNewer = !first || byTime(added.at(-1)!, first) < 0;
  return isAllNewer ? [...added, ...shown] : [...added, ...shown].sort(byTime);
}

/** Events of one filter: the newest page, older ones on demand, and new ones from the stream. */
export function createEvents(filter: EventFilter) {
  const rows = signal<FeedEvent[]>([]);
  /** Events that arrived while the list was held. */
  const waiting = signal<FeedEvent[]>([]);
  const loaded = signal(false);
  const fault = signal<Fault | null>(null);
  /** Start of older events; null = there are none. */
  const older = signal<string | null>(null);
  const isLoading = signal(false);
  const isHeld = signal(false);
  const isMeant = matcher(filter, dayOf);
  let [isOver, since]: [boolean, FeedEvent[]] = [false, []];

  async function pages(cursor: string | null): Promise<{ events: FeedEvent[]; next: string | null } | null> {
    let next = cursor;
    for (let empty = 0; empty < EMPTY_PAGES; empty++) {
      const query = { ...toQuery(filter), limit: PAGE, cursor: next ?? "" };
      const last = next === CUT ? rows.peek().at(-1) : undefined;
      const before = last && { end_time: String(last.time_unix_ms + 1) };
      const result = await callRoute("GET /api/metrics", { query: { ...query, ...before } });
      if (isOver) return null;
      fault.value = result.ok ? null : result.fault;
      if (!result.ok) return null;
      next = result.answer.next_cursor;
      if (result.answer.data.length > 0 || next === null) return { events: result.answer.data, next };
    }
    return { events: [], next };
  }

  async function load(): Promise<void> {
    since = [];
    const page = await pages(null);
    if (!page) return;
    rows.value = merged(page.events, since);
    older.value = page.next;
    waiting.value = [];
    loaded.value = true;
  }

  async function loadOlder(): Promise<void> {
    if (isLoading.peek() || older.peek() === null) return;
    isLoading.value = true;
    const page = await pages(older.peek());
    isLoading.value = false;
    if (!page) return;
    rows.value = merged(rows.peek(), page.events);
    older.value = page.next;
  }

  function take(events: FeedEvent[]): void {
    const fresh = events.filter(isMeant);
    if (fresh.length === 0) return;
    since = [...since, ...fresh].slice(-KEPT);
    if (!loaded.peek()) return;
    // Events after the last loaded page come with their own page.
    const end = older.peek() === null ? undefined : rows.peek().at(-1);
    const inReach = end ? fresh.filter((e) => byTime(e, end) < 0) : fresh;
    if (isHeld.peek()) waiting.value = merged(waiting.peek(), inReach).slice(0, KEPT);
    else follow(inReach);
  }

  function follow(events: FeedEvent[]): void {
    const all = merged(rows.peek(), events);
    rows.value = all.length > KEPT ? all.slice(0, KEPT) : all;
    if (all.length > KEPT) older.value = CUT;
  }

  function show(): void {
    const events = waiting.peek();
    waiting.value = [];
    // More arrived than were kept: some are missing between them and the list.
    if (events.length >= KEPT) void load();
    else follow(events);
  }

  const stops = [
    effect(() => {
      const fresh = arrivals.value;
      untracked(() => take(fresh));
    }),
    effect(() => {
      void restarts.value;
      untracked(() => void load());
    }),
    effect(() => {
      if (!isHeld.value && waiting.peek().length > 0) untracked(show);
    }),
  ];
  return {
    rows,
    waiting,
    loaded,
    fault,
    older,
    isLoading,
    isHeld,
    load,
    loadOlder,
    show,
    dispose(): void {
      isOver = true;
      for (const stop of stops) stop();
    },
  };
}
export type Events = ReturnType<typeof createEvents>;
