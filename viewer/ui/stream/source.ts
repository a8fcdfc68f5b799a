import type { SessionActivity } from "../../../schema/activity.ts";
import { addressOf } from "../../../schema/api-address.ts";
import type { StreamName } from "../../../schema/event-catalogue.ts";
import type { FeedEvent } from "../../../schema/events.ts";
import { type Fault, toFault } from "../request.ts";
import type { StreamListener } from "./connection.ts";

/** All message types; a new one does not compile until it is listed here. */
const NAMES: Record<StreamName, true> = { metric: true, plan: true, rate_limit: true };
type SourceListener = Pick<StreamListener, "event" | "activity" | "reset" | "beat"> & {
  opened(): void;
  /** The browser resumes it itself unless it gave up. */
  broken(isGivenUp: boolean): void;
};

/** The browser's stream, which is opened after the last event that it received. */
export function createSource(after: number, on: SourceListener) {
  let source: EventSource | undefined;
  let seq = after;
  const path = () => addressOf("GET /events", { query: { last_event_id: seq } }).path;
  const isGivenUp = () => source?.readyState === EventSource.CLOSED;
  return {
    path,
    isGivenUp,
    close: (): void => source?.close(),
    open(): void {
      source?.close();
      const opened = new EventSource(path());
      source = opened;
      const listen = <T>(name: string, take: (data: T) => void) =>
        opened.addEventListener(name, ({ data }: MessageEvent<string>) => take(JSON.parse(data) as T));
      opened.onopen = on.opened;
      opened.onerror = () => on.broken(isGivenUp());
      for (const name of Object.keys(NAMES))
        listen<FeedEvent>(name, (event) => {
          seq = Math.max(seq, event.seq);
          on.event(event);
        });
      listen<{ seq: number }>("reset", (at) => {
        seq = at.seq;
        on.reset(seq);
      });
      listen<SessionActivity>("session", on.activity);
      opened.addEventListener("heartbeat", on.beat);
    },
  };
}

type Refusal = { fault: Fault; retry_after_ms: number };

/** An EventSource does not expose the response, so the stream is requested once more to get the reason. */
export async function refusalOf(url: string): Promise<Refusal | "unreachable" | null> {
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
