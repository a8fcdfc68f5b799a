import { signal } from "@preact/signals";
import type { SessionActivity } from "../../schema/activity.ts";
import type { FeedEvent } from "../../schema/events.ts";
import { keepStatus, refreshStatus, status_fault } from "./status.ts";
import type { FromHub, StreamState, ToHub } from "./stream/messages.ts";

/**
 * Set when the page is built: a different worker has a different address, so an old tab and a new one do not share it.
 */
declare const WORKER_URL: string;

export const stream = signal<StreamState>({ connection: "connecting", fault: null });
/** Session activity, as it arrives. */
export const activities = signal<SessionActivity[]>([]);
/**
 * Those of them that follow a change, if only of a title. A stream starts with every open session: that changes nothing
 * unless it is a later stream, which follows what was missed.
 */
export const changes = signal<SessionActivity[]>([]);
const reported = new Set<string>();

function publish(batch: SessionActivity[], again: string[]): void {
  const isChange = ({ session_key, activity }: SessionActivity) =>
    activity.state === "ended" || reported.has(session_key) || again.includes(session_key);
  const changed = batch.filter(isChange);
  for (const { session_key } of batch) reported.add(session_key);
  activities.value = batch;
  if (changed.length > 0) changes.value = changed;
}

/** Of a browser without shared workers. One that does not request a failed module again needs the hint. */
const NOT_LOADED: StreamState = {
  connection: "refused",
  fault: {
    title: "The live stream failed to load",
    detail: "The daemon did not respond or was updated; until it loads, the page polls for changes.",
    hint: "This page retries automatically; if that does not help, reload it.",
    status: 0,
  },
};
const RETRY_MS = 5000;

type Listener = {
  events(events: FeedEvent[]): void;
  /** The stream cannot resume: request everything again. */
  reset(): void;
  /** There is no stream at the moment: poll for new data. */
  poll(): void;
};
export type Channel = { send(message: ToHub): void; close(): void };
export type Receive = (message: FromHub) => void;

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
      if (message.activities.length > 0) publish(message.activities, message.again);
      if (message.events.length > 0) listener.events(message.events);
      channel?.send({ kind: "taken" });
    }
  };
  const position = () => seq;
  let isClosed = false;
  const openOwn = () => {
    if (!isClosed) channel = loadOwnStream(position, receive, listener.poll);
  };
  if (hasSharedWorker()) channel = shareStream(position, receive, openOwn);
  else openOwn();
  return () => {
    isClosed = true;
    channel?.close();
  };
}

/** Few browsers need it: it is not a part of the first load. Repeated until it loads. */
function loadOwnStream(position: () => number, receive: Receive, poll: () => void): Channel {
  let own: Channel | undefined;
  let isClosed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const load = async () => {
    const part = await import("./stream/own-stream.ts").catch(() => undefined);
    if (!part) await refreshStatus();
    if (isClosed) return;
    own = part?.ownStream(position, receive);
    if (own) return;
    poll();
    if (status_fault.peek()?.status !== 0) stream.value = NOT_LOADED;
    timer = setTimeout(load, RETRY_MS);
  };
  void load();
  return {
    send: (message) => own?.send(message),
    close() {
      isClosed = true;
      clearTimeout(timer);
      own?.close();
    },
  };
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
