import type { SessionActivity } from "../../../schema/activity.ts";
import { addressOf } from "../../../schema/api-address.ts";
import type { StreamName } from "../../../schema/event-catalogue.ts";
import type { FeedEvent } from "../../../schema/events.ts";
import { callRoute, type Fault, toFault } from "../request.ts";
import type { StreamState } from "./messages.ts";

export type StreamListener = {
  event(event: FeedEvent): void;
  activity(of: SessionActivity): void;
  state(state: StreamState): void;
  /** The stream continues after this number; earlier events are not sent. */
  reset(seq: number): void;
  beat(): void;
};
export type StreamConnection = { close(): void; hurry(): void };

/** All message types; a new one does not compile until it is listed here. */
const NAMES: Record<StreamName, true> = { metric: true, plan: true, rate_limit: true };
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const LIVE: StreamState = { connection: "live", fault: null };

/**
 * The one event stream, in a worker or in a tab. The browser resumes a broken one itself, with Last-Event-ID; if it
 * gives up (the daemon answered with an error), this opens a new one after the last event, with increasing delays.
 */
export function openConnection(after: number, listener: StreamListener): StreamConnection {
  let source: EventSource | undefined;
  let seq = after;
  let state: StreamState = { connection: "connecting", fault: null };
  let wait_ms = FIRST_WAIT_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;

  const url = () => addressOf("GET /events", { query: { last_event_id: seq } }).path;
  function report(next: StreamState): void {
    state = next;
    if (!isClosed) listener.state(next);
  }
  function open(): void {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(url());
    source.onopen = () => {
      wait_ms = FIRST_WAIT_MS;
      report(LIVE);
      listener.beat();
    };
    source.onerror = () => void (source?.readyState === EventSource.CLOSED ? afterRefusal() : examine());
    for (const name of Object.keys(NAMES)) source.addEventListener(name, take);
    source.addEventListener("session", (message: MessageEvent<string>) =>
      listener.activity(JSON.parse(message.data) as SessionActivity),
    );
    source.addEventListener("heartbeat", listener.beat);
    source.addEventListener("reset", (message: MessageEvent<string>) => {
      seq = (JSON.parse(message.data) as { seq: number }).seq;
      listener.reset(seq);
    });
  }
  function take(message: MessageEvent<string>): void {
    const event = JSON.parse(message.data) as FeedEvent;
    seq = Math.max(seq, event.seq);
    listener.event(event);
  }
  /** A broken stream may be a short interruption or a stopped daemon: the health route decides. */
  async function examine(): Promise<void> {
    if (state.connection !== "gone") report({ connection: "reconnecting", fault: null });
    const health = await callRoute("GET /healthz");
    // It may have reopened in the meantime.
    if (state.connection === "live" || isClosed) return;
    const isGone = !health.ok && health.fault.status === 0;
    report({ connection: isGone ? "gone" : "reconnecting", fault: null });
  }
  async function afterRefusal(): Promise<void> {
    const least_ms = wait_ms;
    wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS);
    const refusal = await refusalOf(url());
    if (refusal === "unreachable") await examine();
    else if (refusal) {
      report({ connection: "refused", fault: refusal.fault });
      if (!isClosed) listener.beat();
    }
    clearTimeout(timer);
    const retry_ms = typeof refusal === "object" ? (refusal?.retry_after_ms ?? 0) : 0;
    if (!isClosed) timer = setTimeout(open, Math.max(least_ms, retry_ms));
  }
  function hurry(): void {
    if (!isClosed && source?.readyState === EventSource.CLOSED && state.connection !== "refused") open();
  }

  open();
  addEventListener("online", hurry);
  return {
    hurry,
    close(): void {
      isClosed = true;
      clearTimeout(timer);
      source?.close();
      removeEventListener("online", hurry);
    },
  };
}

type Refusal = { fault: Fault; retry_after_ms: number };

/** An EventSource does not expose the response, so the stream is requested once more to get the reason. */
async function refusalOf(url: string): Promise<Refusal | "unreachable" | null> {
  const stop = new AbortController();
  try {
    const response = await fetch(url, { signal: stop.signal });
    if (response.ok) return null;
    return {
      fault: toFault(response, await response.json().catch(() => null)),
      retry_after_ms: Number(response.headers.get("retry-after") ?? 0) * 1000,
    };
  } catch {
    return "unreachable";
  } finally {
    stop.abort();
  }
}
