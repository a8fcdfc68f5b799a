import type { FeedEvent } from "../../../schema/events.ts";
import type { FromHub, StreamState, ToHub } from "./messages.ts";
import type { Source, SourceListener } from "./source.ts";

const BATCH_MS = 100;
/** A tab that was away for no more than this many events goes on without asking for everything again. */
const KEPT = 1000;

type Tab = { after: number; isBusy: boolean; isLost: boolean };
type Port = { postMessage(message: FromHub): void };

/** Gives one stream to many tabs: each gets what lies behind the number it has, in batches. */
export function createHub(openSource: (after: number, listener: SourceListener) => Source) {
  const tabs = new Map<Port, Tab>();
  let source: Source | undefined;
  let state: StreamState = { connection: "connecting", fault: null };
  let recent: FeedEvent[] = [];
  /** Everything behind it is in `recent`. */
  let floor = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const send = (message: FromHub) => {
    for (const port of tabs.keys()) port.postMessage(message);
  };
  const listener: SourceListener = {
    event(event) {
      recent.push(event);
      if (recent.length >= 2 * KEPT) {
        floor = recent[KEPT - 1]!.seq;
        recent = recent.slice(KEPT);
      }
      later();
    },
    state(next) {
      state = next;
      send({ kind: "state", state });
    },
    reset(seq) {
      recent = [];
      floor = seq;
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
    if (tab.isLost || tab.after < floor) {
      // It follows again when it has asked for everything.
      tabs.delete(port);
      port.postMessage({ kind: "reset" });
      return;
    }
    const events = recent.filter((e) => e.seq > tab.after);
    const last = events.at(-1);
    if (!last) return;
    tab.after = last.seq;
    tab.isBusy = true;
    port.postMessage({ kind: "events", events });
  }
  function follow(port: Port, after: number): void {
    const tab = { after, isBusy: false, isLost: false };
    tabs.set(port, tab);
    if (source) {
      port.postMessage({ kind: "state", state });
      serve(port, tab);
      return;
    }
    recent = [];
    floor = after;
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
        if (tab.isLost || (recent.at(-1)?.seq ?? 0) > tab.after || tab.after < floor) later();
      }
    },
  };
}
