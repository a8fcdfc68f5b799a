import type { StreamConnection, StreamListener } from "./connection.ts";
import type { StreamState, ToHub } from "./messages.ts";
import { createTabs, type Port } from "./tabs.ts";

const CONNECTING: StreamState = { connection: "connecting", fault: null };

/** Shares one stream among tabs: each receives the events after its number, in batches. */
export function createHub(openSource: (after: number, listener: StreamListener) => StreamConnection) {
  const tabs = createTabs();
  let source: StreamConnection | undefined;
  let state = CONNECTING;

  const listener: StreamListener = {
    event: tabs.addEvent,
    activity: tabs.addActivity,
    state(next) {
      state = next;
      tabs.send({ kind: "state", state });
    },
    reset: tabs.restart,
    beat: () => tabs.send({ kind: "beat" }),
  };
  function follow(port: Port, after: number): void {
    if (source) port.postMessage({ kind: "state", state });
    tabs.add(port, after, !source);
    if (source) return;
    state = CONNECTING;
    source = openSource(after, listener);
  }
  function leave(port: Port): void {
    if (tabs.remove(port) > 0) return;
    source?.close();
    source = undefined;
  }

  return {
    leave,
    take(port: Port, message: ToHub): void {
      if (message.kind === "follow") follow(port, message.after);
      else if (message.kind === "leave") leave(port);
      else if (message.kind === "hurry") source?.hurry();
      else tabs.taken(port);
    },
  };
}
