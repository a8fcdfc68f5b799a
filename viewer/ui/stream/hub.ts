import type { SessionActivity } from "../../../schema/activity.ts";
import type { FeedEvent } from "../../../schema/events.ts";
import type { StreamConnection, StreamListener } from "./connection.ts";
import type { FromHub, StreamState, ToHub } from "./messages.ts";

const BATCH_MS = 100;
/** A tab that missed at most this many events resumes without requesting everything again. */
const KEPT = 1000;

/** A later tab receives the latest activity of this many sessions. */
const ACTIVITIES = 500;

type Activities = Map<string, SessionActivity>;
type Tab = { after: number; isBusy: boolean; isLost: boolean; unsent: Activities };
type Port = { postMessage(message: FromHub): void };

/** Shares one stream among tabs: each receives the events after its number, in batches. */
export function createHub(openSource: (after: number, listener: StreamListener) => StreamConnection) {
  const tabs = new Map<Port, Tab>();
  let source: StreamConnection | undefined;
  let state: StreamState = { connection: "connecting", fault: null };
  const recent = createRecent();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const activities: Activities = new Map();

  const send = (message: FromHub) => {
    for (const port of tabs.keys()) port.postMessage(message);
  };
  const listener: StreamListener = {
    event(event) {
      recent.add(event);
      later();
    },
    activity(of) {
      remember(activities, of);
      for (const tab of tabs.values()) tab.unsent.set(of.session_key, of);
      later();
    },
    state(next) {
      state = next;
      send({ kind: "state", state });
    },
    reset(seq) {
      recent.restart(seq);
      for (const tab of tabs.values()) tab.isLost = true;
      flush();
    },
    beat: () => send({ kind: "beat" }),
  };
  function later(): void {
    timer ??= setTimeout(flush, BATCH_MS);
  }
  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const [port, tab] of tabs) if (!tab.isBusy) serve(port, tab);
  }
  function serve(port: Port, tab: Tab): void {
    if (tab.isLost || recent.isGone(tab.after)) {
      // It follows again after requesting everything.
      tabs.delete(port);
      port.postMessage({ kind: "reset" });
      return;
    }
    const events = recent.after(tab.after);
    if (events.length === 0 && tab.unsent.size === 0) return;
    tab.after = events.at(-1)?.seq ?? tab.after;
    tab.isBusy = true;
    port.postMessage({ kind: "events", events, activities: [...tab.unsent.values()] });
    tab.unsent.clear();
  }
  function follow(port: Port, after: number): void {
    const tab: Tab = { after, isBusy: false, isLost: false, unsent: new Map(source ? activities : []) };
    tabs.set(port, tab);
    if (source) {
      port.postMessage({ kind: "state", state });
      serve(port, tab);
      return;
    }
    recent.restart(after);
    activities.clear();
    state = { connection: "connecting", fault: null };
    source = openSource(after, listener);
  }
  function leave(port: Port): void {
    tabs.delete(port);
    if (tabs.size > 0) return;
    source?.close();
    source = undefined;
  }

  return {
    leave,
    take(port: Port, message: ToHub): void {
      const tab = tabs.get(port);
      if (message.kind === "follow") follow(port, message.after);
      else if (message.kind === "leave") leave(port);
      else if (message.kind === "hurry") source?.hurry();
      else if (tab) {
        tab.isBusy = false;
        if (tab.isLost || tab.unsent.size > 0 || recent.isNewer(tab.after)) later();
      }
    },
  };
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
