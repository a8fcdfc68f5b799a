import { signal } from "@preact/signals";
import type { SessionActivity } from "../../schema/activity.ts";
import type { FeedEvent } from "../../schema/events.ts";
import { keepStatus } from "./status.ts";
import { openConnection } from "./stream/connection.ts";
import { createHub } from "./stream/hub.ts";
import type { FromHub, StreamState, ToHub } from "./stream/messages.ts";

/**
 * Set when the page is built: a different worker has a different address, so an old tab and a new one do not share it.
 */
declare const WORKER_URL: string;

export const stream = signal<StreamState>({ connection: "connecting", fault: null });
/** Changes of session activity, as they arrive. */
export const activities = signal<SessionActivity[]>([]);

type Listener = {
  events(events: FeedEvent[]): void;
  /** The stream cannot resume: request everything again. */
  reset(): void;
  /** There is no stream at the moment: poll for new data. */
  poll(): void;
};
type Channel = { send(message: ToHub): void; close(): void };
type Receive = (message: FromHub) => void;

/** Follows the events after `after`. All tabs of a browser share one stream if it supports shared workers. */
export function openStream(after: number, listener: Listener): () => void {
  let seq = after;
  let channel: Channel | undefined;
  const receive: Receive = (message) => {
    if (message.kind === "state") stream.value = message.state;
    else if (message.kind === "reset") listener.reset();
    else if (message.kind === "beat") {
      void keepStatus();
      if (stream.peek().connection === "refused") listener.poll();
    } else {
      seq = Math.max(seq, message.events.at(-1)?.seq ?? 0);
      if (message.activities.length > 0) activities.value = message.activities;
      if (message.events.length > 0) listener.events(message.events);
      channel?.send({ kind: "taken" });
    }
  };
  const position = () => seq;
  channel = hasSharedWorker()
    ? shareStream(position, receive, () => {
        channel = ownStream(position, receive);
      })
    : ownStream(position, receive);
  return () => channel?.close();
}

const hasSharedWorker = () => typeof SharedWorker === "function" && navigator.locks !== undefined;

function shareStream(position: () => number, receive: Receive, onFailure: () => void): Channel {
  const worker = new SharedWorker(WORKER_URL, { name: "hall-monitor", type: "module" });
  const lock = `hall-monitor tab ${crypto.randomUUID()}`;
  const isOver = Promise.withResolvers<void>();
  const send = (message: ToHub) => worker.port.postMessage(message);
  const hurry = () => !document.hidden && send({ kind: "hurry" });
  const close = () => {
    send({ kind: "leave" });
    worker.port.close();
    isOver.resolve();
    document.removeEventListener("visibilitychange", hurry);
  };
  worker.port.onmessage = ({ data }: MessageEvent<FromHub>) => receive(data);
  worker.onerror = () => {
    close();
    onFailure();
  };
  document.addEventListener("visibilitychange", hurry);
  void navigator.locks.request(lock, () => {
    send({ kind: "follow", after: position(), lock });
    return isOver.promise;
  });
  return { send, close };
}

/** Without shared workers: a hidden tab closes its stream, and resumes after its last event. */
function ownStream(position: () => number, receive: Receive): Channel {
  const hub = createHub(openConnection);
  const port = { postMessage: (message: FromHub) => queueMicrotask(() => receive(message)) };
  const send = (message: ToHub) => hub.take(port, message);
  const followVisibility = () =>
    send(document.hidden ? { kind: "leave" } : { kind: "follow", after: position() });
  document.addEventListener("visibilitychange", followVisibility);
  followVisibility();
  return {
    send,
    close() {
      document.removeEventListener("visibilitychange", followVisibility);
      hub.leave(port);
    },
  };
}
