import type { SessionActivity } from "../schema/activity.ts";
import type { Written } from "../schema/api-content.ts";
import type { RouteRequest } from "../schema/api-types.ts";
import { AppError } from "../schema/errors.ts";
import { CATEGORIES, type StreamName } from "../schema/event-catalogue.ts";
import type { FeedEvent } from "../schema/events.ts";
import type { StreamMessage } from "../schema/stream-messages.ts";
import { toolMatcher } from "../schema/tool-pattern.ts";
import { feedQueries } from "../store/queries/feed.ts";
import { parseSessionKey } from "../store/queries/scope.ts";
import type { Ctx, ViewerDeps } from "./deps.ts";
import { accepts } from "./encoding.ts";
import type { Handlers } from "./handlers.ts";
import { createSessionFrames } from "./session-frames.ts";
import { createPacker, type Packer, PLAIN } from "./stream-packer.ts";

const PAGE = 256;
const RETRY_MS = 2_000;
const HEARTBEAT_MS = 15_000;
const STALL_MS = 30_000;

type StreamQuery = RouteRequest<"GET /events">["query"];
type Wants = { event: (event: FeedEvent) => boolean; session: (of: SessionActivity) => boolean };

const eventName = (event: FeedEvent): StreamName => CATEGORIES[event.event_category].stream;

/** A stream is the table read forward from a number, so connecting and reconnecting are the same query. */
export function streamHandlers(deps: ViewerDeps, streams: Streams) {
  const source = createEventFeed(deps);
  const answer =
    (...names: (StreamName | "session")[]) =>
    ({ query }: { query: StreamQuery }, c: Ctx) => {
      const isPacked = c.req.header("sec-fetch-mode") !== undefined && accepts(c, "gzip");
      const headers = {
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        Vary: "Accept-Encoding, Sec-Fetch-Mode",
        ...(isPacked && { "Content-Encoding": "gzip" }),
      };
      const content_type = "text/event-stream" as const;
      if (c.req.method === "HEAD") return { content_type, body: null, headers };
      if (streams.count() >= deps.config.sse_max)
        throw new AppError("too_many_streams", `${streams.count()} event streams are open`, {
          hint: "close a tab, or raise HALL_SSE_MAX",
        });
      // Bun would close a quiet connection after its idle timeout.
      c.env?.timeout?.(c.req.raw, 0);
      const first = start(c, query.last_event_id, source);
      const reader = createReader(source, wants(names, query), first, deps.heartbeat_ms ?? HEARTBEAT_MS);
      const client = createClient(reader, isPacked ? createPacker() : PLAIN, deps.stall_ms ?? STALL_MS);
      streams.add(client);
      c.req.raw.signal.addEventListener("abort", () => client.close());
      return { content_type, body: client.body, headers };
    };
  return {
    "GET /events": answer("metric", "plan", "rate_limit", "session"),
    "GET /events/metrics": answer("metric"),
    "GET /events/plans": answer("plan"),
    "GET /events/limits": answer("rate_limit"),
  } satisfies Partial<Handlers>;
}

export type Streams = ReturnType<typeof openStreams>;

/** The clients that are connected now. */
export function openStreams() {
  const open = new Set<Client>();
  return {
    count: () => open.size,
    add(client: Client): void {
      open.add(client);
      void client.closed.then(() => open.delete(client));
    },
  };
}

function wants(names: readonly (StreamName | "session")[], filters: StreamQuery): Wants {
  const key = filters.session_id === undefined ? undefined : parseSessionKey(filters.session_id);
  const project = filters.project;
  const isTool = filters.tool_name === undefined ? undefined : toolMatcher(filters.tool_name);
  // A session's state has no type, tool or folder of an event.
  const isNarrow = project ?? filters.event_type ?? filters.event_category ?? filters.tool_name;
  const session = ({ session_key }: SessionActivity) =>
    names.includes("session") &&
    isNarrow === undefined &&
    (key === undefined ||
      session_key === filters.session_id ||
      session_key.endsWith(`:${filters.session_id}`)) &&
    (filters.source === undefined || session_key.startsWith(`${filters.source}:`));
  const event = (e: FeedEvent) =>
    names.includes(eventName(e)) &&
    (key === undefined ||
      (e.session_id === key.session_id && (!key.source || e.session_key === filters.session_id))) &&
    (filters.source === undefined || e.source === filters.source) &&
    (project === undefined ||
      e.project_path === project ||
      (e.project_path?.endsWith(`/${project}`) ?? false)) &&
    (filters.event_type === undefined || filters.event_type.includes(e.event_type)) &&
    (filters.event_category === undefined || filters.event_category.includes(e.event_category)) &&
    (isTool === undefined || isTool(e.tool_name));
  return { event, session };
}

type Start = { seq: number; reset?: "unknown_id" | "too_old" };

/** Without an id the stream starts now; an id that this database never gave out cannot be resumed from. */
function start(c: Ctx, parameter: string | undefined, source: EventFeed): Start {
  const id = c.req.header("last-event-id") || parameter;
  const last = source.lastSeq();
  if (id === undefined) return { seq: last };
  const seq = /^\d{1,15}$/.test(id) ? Number(id) : Number.POSITIVE_INFINITY;
  if (seq > last) return { seq: last, reset: "unknown_id" };
  return seq + 1 < source.firstSeq() ? { seq: last, reset: "too_old" } : { seq };
}

type EventFeed = ReturnType<typeof createEventFeed>;

/** What all clients share: one subscription, and each page of the feed read and printed once per commit. */
function createEventFeed(deps: ViewerDeps) {
  const feed = feedQueries(deps.reader);
  const pages = new Map<number, FeedEvent[]>();
  const frames = new WeakMap<FeedEvent, string>();
  const waiting = new Set<() => void>();
  const wakeAll = () => {
    for (const wake of [...waiting]) wake();
  };
  deps.bus.subscribe("committed", () => {
    pages.clear();
    wakeAll();
  });
  return {
    sessions: createSessionFrames(deps.bus, wakeAll),
    /** Activity of every session that has not ended: the start of a stream. */
    openSessions: () => deps.activity?.all().filter((s) => s.activity.state !== "ended") ?? [],
    lastSeq: feed.lastSeq,
    firstSeq: feed.firstSeq,
    page(after: number): FeedEvent[] {
      const known = pages.get(after);
      if (known) return known;
      const page = feed.after(after, PAGE);
      if (pages.size > 8) pages.clear();
      pages.set(after, page);
      return page;
    },
    frame(event: FeedEvent): string {
      const known = frames.get(event);
      if (known) return known;
      const text = frame(eventName(event), event.seq, event);
      frames.set(event, text);
      return text;
    },
    /** Until the next commit, the given time, or `stop`. */
    wait(ms: number, onStop: (stop: () => void) => void): Promise<void> {
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        waiting.add(done);
        onStop(done);
      });
    },
  };
}

/** Without an id: activity is not a row of the feed, and a stream resumes from a row. */
function sessionFrame(of: SessionActivity): string {
  return `event: session\ndata: ${JSON.stringify(of)}\n\n`;
}

function frame<Name extends keyof StreamMessage>(name: Name, seq: number, data: StreamMessage[Name]): string {
  return `event: ${name}\nid: ${seq}\ndata: ${JSON.stringify(data)}\n\n`;
}

type Reader = { next(): Promise<string>; stop(): void };

/** Reads the feed forward; `next` waits until there is something to send, if only a heartbeat. */
function createReader(source: EventFeed, wants: Wants, from: Start, heartbeatMs: number): Reader {
  let seq = from.seq;
  let seen = source.sessions.version();
  let isOpen = true;
  let wake = () => {};
  const beat = () => frame("heartbeat", seq, { seq, time_unix_ms: Date.now() });
  // The first frame also has an id, so that a page without any event can resume as well.
  let first = [
    `retry: ${RETRY_MS}\n${from.reset ? frame("reset", seq, { seq, reason: from.reset }) : beat()}`,
    ...source.openSessions().filter(wants.session).map(sessionFrame),
  ].join("");

  function sessionText(): string {
    const changed = source.sessions.since(seen);
    seen = source.sessions.version();
    return changed.filter(wants.session).map(sessionFrame).join("");
  }

  async function later(): Promise<string> {
    for (const quietUntil = Date.now() + heartbeatMs; isOpen; ) {
      const page = source.page(seq);
      seq = page.at(-1)?.seq ?? seq;
      const text = page.filter(wants.event).map(source.frame).join("") + sessionText();
      if (text !== "") return text;
      // Other requests run between the pages of a long replay.
      if (page.length === PAGE) await new Promise((resolve) => setImmediate(resolve));
      else await source.wait(quietUntil - Date.now(), (end) => (wake = end));
      if (isOpen && Date.now() >= quietUntil) return beat();
    }
    return "";
  }

  return {
    async next() {
      const text = first;
      first = "";
      return text || later();
    },
    stop() {
      isOpen = false;
      wake();
    },
  };
}

type Client = { body: Written<"text/event-stream">; closed: Promise<void>; close(): void };

/** The body is pulled: nothing is read, printed or buffered until the socket accepts more. */
function createClient(reader: Reader, packer: Packer, stallMs: number): Client {
  const done = Promise.withResolvers<void>();
  let isOpen = true;
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    clearTimeout(watchdog);
    reader.stop();
    packer.close();
    done.resolve();
  }

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(watchdog);
        const bytes = await packer.pack(await reader.next());
        if (!isOpen) return;
        controller.enqueue(bytes);
        watchdog = setTimeout(() => {
          close();
          controller.error(new Error("the client does not read"));
        }, stallMs);
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
  return { body: body as Written<"text/event-stream">, closed: done.promise, close };
}
