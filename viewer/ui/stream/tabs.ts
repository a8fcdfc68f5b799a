import type { SessionActivity } from "../../../schema/activity.ts";
import type { FeedEvent } from "../../../schema/events.ts";
import type { FromHub } from "./messages.ts";

const BATCH_MS = 100;
/** A tab that missed at most this many events resumes without requesting everything again. */
const KEPT = 1000;

/** A later tab receives the latest activity of this many sessions. */
const ACTIVITIES = 500;

type Activities = Map<string, SessionActivity>;
type Tab = { after: number; isBusy: boolean; isLost: boolean; unsent: Activities; again: Set<string> };
export type Port = { postMessage(message: FromHub): void };

/** The tabs that follow, and what each of them has not received yet. */
export function createTabs() {
  const tabs = new Map<Port, Tab>();
  const recent = createRecent();
  const activities: Activities = new Map();
  const batch = batched(() => {
    for (const [port, tab] of tabs) if (!tab.isBusy) serve(port, tab);
  });

  const serve = (port: Port, tab: Tab) => void (sendTo(port, tab, recent) || tabs.delete(port));

  return {
    send(message: FromHub): void {
      for (const port of tabs.keys()) port.postMessage(message);
    },
    addEvent(event: FeedEvent): void {
      recent.add(event);
      batch.later();
    },
    addActivity(of: SessionActivity): void {
      remember(activities, of);
      for (const tab of tabs.values()) note(tab, of);
      batch.later();
    },
    restart(seq: number): void {
      recent.restart(seq);
      for (const tab of tabs.values()) tab.isLost = true;
      batch.now();
    },
    /** `isFirst`: of a stream that is opened for it, so nothing of an earlier one is kept. */
    add(port: Port, after: number, isFirst: boolean): void {
      if (isFirst) {
        recent.restart(after);
        activities.clear();
      }
      const tab: Tab = { after, isBusy: false, isLost: false, unsent: new Map(activities), again: new Set() };
      tabs.set(port, tab);
      serve(port, tab);
    },
    /** How many are left. */
    remove(port: Port): number {
      tabs.delete(port);
      return tabs.size;
    },
    /** It has processed what it was sent. */
    taken(port: Port): void {
      const tab = tabs.get(port);
      if (!tab) return;
      tab.isBusy = false;
      if (tab.isLost || tab.unsent.size > 0 || recent.isNewer(tab.after)) batch.later();
    },
  };
}

function note({ unsent, again }: Tab, of: SessionActivity): void {
  if (unsent.has(of.session_key)) again.add(of.session_key);
  unsent.set(of.session_key, of);
}

/** Runs it once for all calls of `later` within `BATCH_MS`. */
function batched(run: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  function now(): void {
    clearTimeout(timer);
    timer = undefined;
    run();
  }
  return {
    now,
    later(): void {
      timer ??= setTimeout(now, BATCH_MS);
    },
  };
}

/** Sends what the tab has not received; false if it missed too much: it requests everything, and follows again. */
function sendTo(port: Port, tab: Tab, recent: Recent): boolean {
  if (tab.isLost || recent.isGone(tab.after)) {
    port.postMessage({ kind: "reset" });
    return false;
  }
  const events = recent.after(tab.after);
  if (events.length === 0 && tab.unsent.size === 0) return true;
  tab.after = events.at(-1)?.seq ?? tab.after;
  tab.isBusy = true;
  port.postMessage({ kind: "events", events, activities: [...tab.unsent.values()], again: [...tab.again] });
  tab.unsent.clear();
  tab.again.clear();
  return true;
}

/** The oldest leaves first. */
function remember(activities: Activities, of: SessionActivity): void {
  activities.delete(of.session_key);
  activities.set(of.session_key, of);
  if (activities.size > ACTIVITIES) activities.delete(activities.keys().next().value!);
}

/** The last events of the stream, at least `KEPT` of them if so many came. */
function createRecent() {
  let events: FeedEvent[] = [];
  /** All later events are kept. */
  let floor = 0;
  return {
    add(event: FeedEvent): void {
      events.push(event);
      if (events.length < 2 * KEPT) return;
      floor = events[KEPT - 1]!.seq;
      events = events.slice(KEPT);
    },
    restart(seq: number): void {
      events = [];
      floor = seq;
    },
    after: (seq: number) => events.filter((e) => e.seq > seq),
    isGone: (seq: number) => seq < floor,
    isNewer: (seq: number) => seq < floor || (events.at(-1)?.seq ?? 0) > seq,
  };
}
type Recent = ReturnType<typeof createRecent>;
