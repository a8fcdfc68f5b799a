import type { Database } from "bun:sqlite";
import type { Activity, SessionActivity } from "../../schema/activity.ts";
import type { FeedEvent } from "../../schema/events.ts";
import { vendorNamed, vendorsWith } from "../../schema/vendors.ts";
import { type ActivityQueries, type ActivitySession, activityQueries } from "../../store/queries/activity.ts";
import { feedQueries } from "../../store/queries/feed.ts";
import type { Bus } from "../bus.ts";
import { evaluate, FORGOTTEN_MS } from "./evaluate.ts";
import type { Registry } from "./registry.ts";
import { addSignal, type Signal } from "./signals.ts";

const PAGE = 500;
/** Several commits of one moment become one look. */
const SOON_MS = 20;
/** States age without an event: done becomes idle, a silent turn unknown. */
const AGE_MS = 2_000;

type Tracked = { signals: Map<string, Signal>; activity: Activity | undefined; title: string | null };

/** What sessions do now, for whoever shows them. */
export type ActivityView = {
  of(session: ActivitySession): Activity;
  /** Sessions that were alive within a day, with what they do now. */
  all(): SessionActivity[];
};

export type ActivityTracker = ActivityView & {
  /** Everything that is known is looked at now; a reader that needs no timer calls it itself. */
  refresh(): void;
  close(): void;
};

type Parts = {
  reader: Database;
  bus: Pick<Bus, "subscribe" | "publish">;
  registry?: Registry | undefined;
  now?: () => number;
};

/** A session without a sign of life for a day is over, or it may be anything. */
function forgotten(session: ActivitySession): Activity {
  const ended = session.ended_unix_ms;
  return {
    state: ended === null ? "unknown" : "ended",
    since_unix_ms: ended ?? session.last_unix_ms,
    waits_for: null,
    tool: null,
    agents_working: 0,
    witness: ended === null ? "transcript" : "hook",
  };
}

/** Activity from stored rows alone, where no daemon follows the sessions. */
export function createActivityView(reader: Database, now: () => number = Date.now): ActivityView {
  const queries = activityQueries(reader);
  const of = (session: ActivitySession) => {
    if (now() - (session.last_unix_ms ?? 0) > FORGOTTEN_MS) return forgotten(session);
    const signals = signalsOf(queries, session);
    const tool_of_permission = toolOfPermission(queries, session);
    return evaluate({ ...queries.rows(session), signals, claim: undefined, tool_of_permission }, now());
  };
  return {
    of,
    all: () =>
      queries.since(now() - FORGOTTEN_MS).map((session) => ({
        session_key: `${session.source}:${session.source_session_id}`,
        activity: of(session),
      })),
  };
}

function signalsOf(queries: ActivityQueries, session: ActivitySession): Map<string, Signal> {
  const signals = new Map<string, Signal>();
  for (const event of queries.signals(session.session_pk)) addSignal(signals, event);
  return signals;
}

/** Follows what is committed and what the client's registry claims, and publishes each change of a session's activity. */
export function createActivityTracker({ reader, bus, registry, now = Date.now }: Parts): ActivityTracker {
  const queries = activityQueries(reader);
  const feed = feedQueries(reader);
  const tracked = new Map<string, Tracked>();
  const dirty = new Set<string>();
  let seq = feed.lastSeq();
  let soon: ReturnType<typeof setTimeout> | undefined;

  function track(key: string): Tracked {
    const known = tracked.get(key);
    if (known) return known;
    const session = sessionOf(key);
    const signals = session ? signalsOf(queries, session) : new Map<string, Signal>();
    const fresh: Tracked = { signals, activity: undefined, title: session?.title ?? null };
    tracked.set(key, fresh);
    return fresh;
  }

  function sessionOf(key: string): ActivitySession | null {
    const at = key.indexOf(":");
    return queries.session(key.slice(0, at), key.slice(at + 1));
  }

  function assess(session: ActivitySession, signals: Map<string, Signal>): Activity {
    const claim = vendorNamed(session.source)?.has_registry
      ? registry?.claim(session.source_session_id)
      : undefined;
    return evaluate(
      { ...queries.rows(session), signals, claim, tool_of_permission: toolOfPermission(queries, session) },
      now(),
    );
  }

  function mark(key: string): void {
    dirty.add(key);
    soon ??= setTimeout(flush, SOON_MS);
  }

  function flush(): void {
    clearTimeout(soon);
    soon = undefined;
    const keys = [...dirty];
    dirty.clear();
    for (const key of keys) update(key);
  }

  function update(key: string): void {
    const session = sessionOf(key);
    // A first import names thousands of sessions that ended long ago.
    if (!session || (!tracked.has(key) && now() - (session.last_unix_ms ?? 0) > FORGOTTEN_MS)) return;
    const entry = track(key);
    const activity = assess(session, entry.signals);
    const before = entry.activity;
    const isRenamed = session.title !== entry.title;
    Object.assign(entry, { activity, title: session.title });
    // That another witness confirms the same is nothing new. A title comes without an event of its own.
    if (before && !isRenamed && Bun.deepEquals({ ...before, witness: activity.witness }, activity)) return;
    bus.publish("activity", { session_key: key, activity });
  }

  function follow(): void {
    while (true) {
      const page = feed.after(seq, PAGE);
      for (const event of page) note(event);
      seq = page.at(-1)?.seq ?? seq;
      if (page.length < PAGE) return;
    }
  }

  function note(event: FeedEvent): void {
    if (event.session_id === "" || event.session_id.startsWith("doctor-")) return;
    const known = tracked.get(event.session_key);
    // History that is imported years later is no activity.
    if (!known && now() - event.time_unix_ms > FORGOTTEN_MS) return;
    if (event.event_type !== "api_response") addSignal((known ?? track(event.session_key)).signals, event);
    mark(event.session_key);
  }

  function refresh(): void {
    follow();
    for (const session of queries.since(now() - FORGOTTEN_MS))
      track(`${session.source}:${session.source_session_id}`);
    for (const key of tracked.keys()) dirty.add(key);
    flush();
    for (const [key, entry] of tracked) if (isForgotten(entry.activity, now())) tracked.delete(key);
  }

  const unsubscribe = [
    bus.subscribe("committed", follow),
    bus.subscribe("observed", ({ session_keys }) => session_keys.forEach(mark)),
    bus.subscribe("claimed", ({ session_id }) => {
      for (const name of vendorsWith("has_registry")) mark(`${name}:${session_id}`);
    }),
  ];
  const timer = setInterval(() => {
    registry?.look();
    for (const [key, { activity }] of tracked) if (activity && activity.state !== "ended") dirty.add(key);
    flush();
  }, AGE_MS);
  timer.unref();
  refresh();

  return {
    of: (session) =>
      tracked.get(`${session.source}:${session.source_session_id}`)?.activity ?? forgotten(session),
    all: () =>
      [...tracked].flatMap(([session_key, { activity }]) => (activity ? [{ session_key, activity }] : [])),
    refresh,
    close() {
      clearInterval(timer);
      clearTimeout(soon);
      for (const off of unsubscribe) off();
    },
  };
}

function toolOfPermission(queries: ActivityQueries, { session_pk }: ActivitySession) {
  return (permission: { agent_id: string; tool_name: string; time_unix_ms: number }) =>
    queries.toolOfPermission(session_pk, permission.agent_id, permission.tool_name, permission.time_unix_ms);
}

function isForgotten(activity: Activity | undefined, now: number): boolean {
  if (!activity) return true;
  const isOver = activity.state === "ended" || activity.state === "unknown";
  return isOver && now - (activity.since_unix_ms ?? 0) > FORGOTTEN_MS;
}
