import type { SessionActivity } from "../../../schema/activity.ts";
import type { FeedEvent } from "../../../schema/events.ts";
import { callRoute } from "../request.ts";
import type { StreamState } from "./messages.ts";
import { createSource, refusalOf } from "./source.ts";

export type StreamListener = {
  event(event: FeedEvent): void;
  activity(of: SessionActivity): void;
  state(state: StreamState): void;
  /** The stream continues after this number; earlier events are not sent. */
  reset(seq: number): void;
  beat(): void;
};
export type StreamConnection = { close(): void; hurry(): void };

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const LIVE: StreamState = { connection: "live", fault: null };

/**
 * The one event stream, in a worker or in a tab. The browser resumes a broken one itself, with Last-Event-ID; if it
 * gives up (the daemon answered with an error), this opens a new one after the last event, with increasing delays.
 */
export function openConnection(after: number, listener: StreamListener): StreamConnection {
  let state: StreamState = { connection: "connecting", fault: null };
  const source = createSource(after, {
    ...listener,
    opened() {
      retry.reset();
      report(LIVE);
      listener.beat();
    },
    broken: (isGivenUp) => void (isGivenUp ? afterRefusal() : examine()),
  });
  const retry = createRetry(source.open);

  function report(next: StreamState): void {
    state = next;
    if (!retry.isOver()) listener.state(next);
  }
  /** A broken stream may be a short interruption or a stopped daemon. */
  async function examine(): Promise<void> {
    if (state.connection !== "gone") report({ connection: "reconnecting", fault: null });
    const isGone = await isDaemonGone();
    // It may have reopened in the meantime.
    if (state.connection !== "live") report({ connection: isGone ? "gone" : "reconnecting", fault: null });
  }
  async function afterRefusal(): Promise<void> {
    const refusal = await refusalOf(source.path());
    if (refusal === "unreachable") await examine();
    else if (refusal) {
      report({ connection: "refused", fault: refusal.fault });
      if (!retry.isOver()) listener.beat();
    }
    retry.later(typeof refusal === "object" ? (refusal?.retry_after_ms ?? 0) : 0);
  }
  function hurry(): void {
    if (source.isGivenUp() && state.connection !== "refused") retry.now();
  }

  source.open();
  addEventListener("online", hurry);
  return { hurry, close };

  function close(): void {
    retry.end();
    source.close();
    removeEventListener("online", hurry);
  }
}

async function isDaemonGone(): Promise<boolean> {
  const health = await callRoute("GET /healthz");
  return !health.ok && health.fault.status === 0;
}

/** Repeats attempts with delays that double until one succeeds. */
function createRetry(attempt: () => void) {
  let wait_ms = FIRST_WAIT_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  return {
    isOver: (): boolean => isOver,
    reset(): void {
      wait_ms = FIRST_WAIT_MS;
    },
    later(least_ms: number): void {
      clearTimeout(timer);
      if (!isOver) timer = setTimeout(attempt, Math.max(wait_ms, least_ms));
      wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS);
    },
    now(): void {
      clearTimeout(timer);
      if (!isOver) attempt();
    },
    end(): void {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
