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
  const list = createList();
  const { rows, older, isLoading } = list;
  const pages = createPages(filter, list);
  const stream = createFollower(list, matcher(filter, dayOf), load);

  async function load(): Promise<void> {
    stream.restart();
    const page = await pages.after(null);
    if (!page) return;
    rows.value = merged(page.events, stream.sinceRestart());
    older.value = page.next;
    list.waiting.value = [];
    list.loaded.value = true;
  }

  async function loadOlder(): Promise<void> {
    if (isLoading.peek() || older.peek() === null) return;
    isLoading.value = true;
    const page = await pages.after(older.peek());
    isLoading.value = false;
    if (page) [rows.value, older.value] = [merged(rows.peek(), page.events), page.next];
  }

  const stops = [
    effect(() => {
      const fresh = arrivals.value;
      untracked(() => stream.take(fresh));
    }),
    effect(() => {
      void restarts.value;
      untracked(() => void load());
    }),
    effect(() => {
      if (!list.isHeld.value && list.waiting.peek().length > 0) untracked(stream.show);
    }),
  ];
  return {
    ...list,
    load,
    loadOlder,
    show: stream.show,
    dispose(): void {
      pages.end();
      for (const stop of stops) stop();
    },
  };
}
export type Events = ReturnType<typeof createEvents>;

function createList() {
  return {
    rows: signal<FeedEvent[]>([]),
    /** Events that arrived while the list was held. */
    waiting: signal<FeedEvent[]>([]),
    loaded: signal(false),
    fault: signal<Fault | null>(null),
    /** Start of older events; null = there are none. */
    older: signal<string | null>(null),
    isLoading: signal(false),
    isHeld: signal(false),
  };
}
type List = ReturnType<typeof createList>;

type Page = { events: FeedEvent[]; next: string | null };

function createPages(filter: EventFilter, { rows, fault }: List) {
  let isOver = false;
  return {
    /** Null after a failure, which is in `fault`, and after `end`. */
    async after(cursor: string | null): Promise<Page | null> {
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
    },
    end(): void {
      isOver = true;
    },
  };
}

/** Adds events of the stream to the list, or to those that wait while it is held. */
function createFollower(
  { rows, waiting, loaded, older, isHeld }: List,
  isMeant: (event: FeedEvent) => boolean,
  load: () => Promise<void>,
) {
  let since: FeedEvent[] = [];

  function add(events: FeedEvent[]): void {
    const all = merged(rows.peek(), events);
    rows.value = all.length > KEPT ? all.slice(0, KEPT) : all;
    if (all.length > KEPT) older.value = CUT;
  }

  return {
    restart(): void {
      since = [];
    },
    /** Events that may be newer than a page that was requested at the restart. */
    sinceRestart: (): FeedEvent[] => since,
    take(events: FeedEvent[]): void {
      const fresh = events.filter(isMeant);
      if (fresh.length === 0) return;
      since = [...since, ...fresh].slice(-KEPT);
      if (!loaded.peek()) return;
      // Events after the last loaded page come with their own page.
      const end = older.peek() === null ? undefined : rows.peek().at(-1);
      const inReach = end ? fresh.filter((e) => byTime(e, end) < 0) : fresh;
      if (isHeld.peek()) waiting.value = merged(waiting.peek(), inReach).slice(0, KEPT);
      else add(inReach);
    },
    /** Moves the waiting events into the list. */
    show(): void {
      const events = waiting.peek();
      waiting.value = [];
      // More arrived than were kept: some are missing between them and the list.
      if (events.length >= KEPT) void load();
      else add(events);
    },
  };
}
