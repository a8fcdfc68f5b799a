import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { RouteKey } from "../../schema/api.ts";
import { addressOf, type RoutePath } from "../../schema/api-address.ts";
import type { Data, RouteArgument, RouteInput } from "../../schema/api-types.ts";
import { isPageOld, latest } from "./feed.ts";
import { load, passes, type Remote, takeFirst } from "./request.ts";

type Readable = Extract<RouteKey, `GET ${string}`>;
export type Resource<T> = {
  /** The last response, even while a newer one is pending. */
  state: ReadonlySignal<Remote<T>>;
  /**
   * Requests again, unless the response is younger than this. While a request is pending, at most one more follows it.
   */
  refresh(max_age_ms?: number): void;
  /** No longer shown: a pending request is aborted. The response is kept for the next view. */
  release(): void;
};

type Entry = {
  state: Signal<Remote<unknown>>;
  etag: string | undefined;
  requested_ms: number;
  /** Value of `latest` when it was requested. */
  requested_at: typeof latest.value;
  users: number;
  running: AbortController | undefined;
  isWanted: boolean;
};

/** A temporary fault: the shown data is requested again, with or without events. */
export const RETRY_MS = 5000;
/** The latest that a part of a view is displayed after the first one; then a response may be old without an event, too. */
const SHARED_MS = 10_000;

/** Responses that are not shown, cached for going back. */
const KEPT = 50;
const entries = new Map<string, Entry>();

/** The response of a route, by its whole address: requested once for all users, and shown at once if it is cached. */
export function resource<Key extends Readable, Given extends RouteInput<Key>>(
  key: Key,
  ...input: RouteArgument<Key, Given>
): Resource<Data<Key>> {
  const { path } = addressOf(key, ...input);
  const known = entries.get(path);
  const entry = known ?? createEntry(path);
  // In order of use, the latest last.
  entries.delete(path);
  entries.set(path, entry);
  let isReleased = false;
  // Embedded responses are shown at once, not after an empty frame.
  if (known ? !isShared(known) : entry.state.peek().data === null || isPageOld())
    void revalidate(path, entry);
  entry.users++;
  return {
    state: entry.state as Signal<Remote<Data<Key>>>,
    refresh(max_age_ms = 0): void {
      if (performance.now() - entry.requested_ms >= max_age_ms) void revalidate(path, entry);
    },
    release(): void {
      if (isReleased) return;
      isReleased = true;
      entry.users--;
      if (entry.users > 0) return;
      entry.isWanted = false;
      entry.running?.abort();
      forget();
    },
  };
}

/** Components of one view are displayed one after another: the request of the first is for all. */
const isShared = (entry: Entry) =>
  entry.users > 0 &&
  entry.requested_at === latest.peek() &&
  performance.now() - entry.requested_ms < SHARED_MS;

function createEntry(path: RoutePath): Entry {
  const first = takeFirst(path);
  return {
    state: signal(first ? toState(first.body) : { data: null, fault: null, loading: true }),
    etag: first?.etag,
    requested_ms: first ? performance.now() : Number.NEGATIVE_INFINITY,
    requested_at: latest.peek(),
    users: 0,
    running: undefined,
    isWanted: false,
  };
}

function toState(body: unknown): Remote<unknown> {
  const { data, next_cursor } = body as { data: unknown; next_cursor?: string | null };
  return { data, next_cursor, fault: null, loading: false };
}

function forget(): void {
  const unused = [...entries].filter(([, entry]) => entry.users === 0);
  for (const [path] of unused.slice(0, Math.max(0, unused.length - KEPT))) entries.delete(path);
}

async function revalidate(path: RoutePath, entry: Entry): Promise<void> {
  if (entry.running) {
    entry.isWanted = true;
    return;
  }
  const running = new AbortController();
  entry.running = running;
  entry.isWanted = false;
  entry.requested_ms = performance.now();
  entry.requested_at = latest.peek();
  const result = await load(path, { signal: running.signal, ...(entry.etag && { etag: entry.etag }) });
  entry.running = undefined;
  if (result.kind === "aborted") {
    // Views that were opened meanwhile have requested it, too.
    if (entry.users > 0) void revalidate(path, entry);
    return;
  }
  const before = entry.state.peek();
  if (result.kind === "fault") {
    entry.state.value = { ...before, fault: result.fault, loading: false };
    if (passes(result.fault)) setTimeout(() => entry.users > 0 && void revalidate(path, entry), RETRY_MS);
  } else if (result.kind === "same") entry.state.value = { ...before, fault: null, loading: false };
  else {
    entry.etag = result.etag;
    entry.state.value = toState(result.body);
  }
  if (entry.isWanted) void revalidate(path, entry);
}
