import { signal } from "@preact/signals";
import { addressOf } from "../../schema/api-address.ts";
import type { FeedEvent } from "../../schema/api-shapes.ts";
import { ask } from "./request.ts";
import { refreshStatus } from "./status.ts";

export type Connection = "connecting" | "live" | "reconnecting" | "gone";
type Listener = {
  event(event: FeedEvent): void;
  /** The stream cannot go on where it was: ask for everything again. */
  reset(): void;
};

export const connection = signal<Connection>("connecting");

const NAMES = ["metric", "plan", "rate_limit"] as const;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/**
 * One stream. The browser resumes a broken one itself, with Last-Event-ID; where it gives up (the daemon
 * answered with an error), this opens a new one after the last event seen, waiting longer each time.
 */
export function openStream(after: number, listener: Listener): () => void {
  let source: EventSource | undefined;
  let seq = after;
  let wait_ms = FIRST_WAIT_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(addressOf("GET /events", { query: { last_event_id: seq } }).path);
    source.onopen = () => {
      wait_ms = FIRST_WAIT_MS;
      connection.value = "live";
      void refreshStatus();
    };
    source.onerror = () => {
      void examine();
      if (source?.readyState === EventSource.CLOSED) reopenLater();
    };
    for (const name of NAMES) source.addEventListener(name, take);
    source.addEventListener("heartbeat", () => void refreshStatus());
    source.addEventListener("reset", listener.reset);
  };
  const take = (message: MessageEvent<string>) => {
    const event = JSON.parse(message.data) as FeedEvent;
    seq = Math.max(seq, event.seq);
    listener.event(event);
  };
  const reopenLater = () => {
    clearTimeout(timer);
    timer = setTimeout(open, wait_ms);
    wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS);
  };
  const hurry = () => {
    if (!document.hidden && source?.readyState === EventSource.CLOSED) open();
  };

  open();
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);
  return () => {
    clearTimeout(timer);
    source?.close();
    removeEventListener("online", hurry);
    document.removeEventListener("visibilitychange", hurry);
  };
}

/** A broken stream may be a hiccup or a stopped daemon: the health route tells which. */
async function examine(): Promise<void> {
  if (connection.value !== "gone") connection.value = "reconnecting";
  const health = await ask("GET /healthz");
  const isGone = !health.ok && health.fault.status === 0;
  // It may have opened again in the meantime.
  if (isGone && connection.peek() === "reconnecting") connection.value = "gone";
  if (!isGone && connection.peek() === "gone") connection.value = "reconnecting";
}
