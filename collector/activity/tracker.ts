import type { Database } from "bun:sqlite";
import type { Activity, SessionActivity } from "../../schema/activity.ts";
import type { FeedEvent } from "../../schema/events.ts";
import { vendorNamed, vendorsWith } from "../../schema/vendors.ts";
import {
  type ActivityQueries,
  type ActivityRows,
  type ActivitySession,
  activityQueries,
} from "../../store/queries/activity.ts";
import { feedQueries } from "../../store/queries/feed.ts";
import type { Bus } from "../bus.ts";
import type { Claim } from "./claim.ts";
import { evaluate, type Facts, FORGOTTEN_MS } from "./evaluate.ts";
import type { Registry } from "./registry.ts";
import { addSignal, type Signal } from "./signals.ts";

const PAGE = 500;
/** Several commits of one moment become one evaluation. */
const SOON_MS = 20;
/** How often `age` should be called. */
export const AGE_MS = 2_000;

type Tracked = {
  signals: Map<string, Signal>;
  activity: Activity | undefined;
  title: string | null;
  stored?: Stored;
};
/** What the database had of a session in one of its states. */
type Stored = { version: string; rows: ActivityRows; tool_of_permission: Facts["tool_of_permission"] };

/** The current activity of each session. */
export type ActivityView = {
  of(session: ActivitySession): Activity;
  /** Sessions that were active within a day, with their current activity. */
  all(): SessionActivity[];
};

export type ActivityTracker = ActivityView & {
  /** Evaluates every known session now; a reader without a timer calls it itself. */
  refresh(): void;
  /** States change without an event: done becomes idle, a silent turn unknown, a process ends. */
  age(): void;
  close(): void;
};

type Parts = {
  reader: Database;
  bus: Pick<Bus, "subscribe" | "publish">;
  registry?: Registry | undefined;
  now?: () => number;
};

/** A session without a sign of life for a day has ended or has an unknown state. */
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

/** Activity from stored rows and the registry's claims, without a daemon that follows the sessions. */
export function createActivityView(
  reader: Database,
  now: () => number = Date.now,
  claimFor: Registry["claim"] = () => undefined,
): ActivityView {
  const queries = activityQueries(reader);
  const of = (session: ActivitySession) => {
    if (now() - (session.last_unix_ms ?? 0) > FORGOTTEN_MS) return forgotten(session);
    const signals = signalsOf(queries, session);
    const tool_of_permission = toolOfPermission(queries, session);
    const claim = claimOf(session, claimFor);
    return evaluate({ ...queries.rows(session), signals, claim, tool_of_permission }, now());
  };
  return {
    of,
    all: () =>
      queries.since(now() - FORGOTTEN_MS).map((session) => ({
        session_key: keyOf(session),
        activity: of(session),
      })),
  };
}

function claimOf(session: ActivitySession, claimFor: Registry["claim"]): Claim | undefined {
  return vendorNamed(session.source)?.has_registry ? claimFor(session.source_session_id) : undefined;
}

function signalsOf(queries: ActivityQueries, session: ActivitySession): Map<string, Signal> {
  const signals = new Map<string, Signal>();
  for (const event of queries.signals(session.session_pk)) addSignal(signals, event);
  return signals;
}

/** Follows commits and the client's registry, and publishes each change of a session's activity. */
export function createActivityTracker({ reader, bus, registry, now = Date.now }: Parts): ActivityTracker {
  const feed = feedQueries(reader);
  const sessions = createSessions(reader, registry, now);
  const dirty = createDirty((keys) => {
    const version = sessions.version();
    for (const key of keys) {
      const activity = sessions.update(key, version);
      if (activity) bus.publish("activity", { session_key: key, activity });
    }
  });
  let seq = feed.lastSeq();

  function follow(): void {
    const last = feed.lastSeq();
    while (seq < last) {
      const page = feed.recentAfter(seq, now() - FORGOTTEN_MS, sessions.keys(), PAGE);
      for (const event of page) if (sessions.note(event)) dirty.mark(event.session_key);
      seq = page.length < PAGE ? last : page.at(-1)!.seq;
    }
  }
  function refresh(): void {
    follow();
    sessions.trackRecent();
    dirty.flush(sessions.keys());
    sessions.forget();
  }

  const unsubscribe = [
    bus.subscribe("committed", follow),
    bus.subscribe("observed", ({ session_keys }) => session_keys.forEach(dirty.mark)),
    bus.subscribe("claimed", ({ session_id }) => {
      for (const name of vendorsWith("has_registry")) dirty.mark(`${name}:${session_id}`);
    }),
  ];
  refresh();

  return {
    of: sessions.of,
    all: sessions.all,
    refresh,
    age() {
      registry?.compare();
      dirty.flush(sessions.running());
    },
    close() {
      dirty.stop();
      for (const off of unsubscribe) off();
    },
  };
}

/** The sessions to evaluate soon, each once. */
function createDirty(update: (keys: Iterable<string>) => void) {
  const dirty = new Set<string>();
  let soon: ReturnType<typeof setTimeout> | undefined;

  function flush(more: Iterable<string> = []): void {
    clearTimeout(soon);
    soon = undefined;
    const keys = new Set([...dirty, ...more]);
    dirty.clear();
    update(keys);
  }
  return {
    mark(key: string): void {
      dirty.add(key);
      soon ??= setTimeout(flush, SOON_MS);
    },
    flush,
    stop: () => clearTimeout(soon),
  };
}

/** The sessions that are followed: the signals of each, and its activity at the last evaluation. */
function createSessions(reader: Database, registry: Registry | undefined, now: () => number) {
  const queries = activityQueries(reader);
  const tracked = new Map<string, Tracked>();

  function track(key: string): Tracked {
    const known = tracked.get(key);
    if (known) return known;
    const session = sessionNamed(queries, key);
    const signals = session ? signalsOf(queries, session) : new Map<string, Signal>();
    const fresh: Tracked = { signals, activity: undefined, title: session?.title ?? null };
    tracked.set(key, fresh);
    return fresh;
  }

  return {
    ...viewOf(tracked),
    /** Adds an event's signal; true if it may have changed the activity of its session. */
    note(event: FeedEvent): boolean {
      if (event.session_id === "" || event.session_id.startsWith("doctor-")) return false;
      const known = tracked.get(event.session_key);
      // History that is imported later is not current activity.
      if (!known && now() - event.time_unix_ms > FORGOTTEN_MS) return false;
      if (event.event_type !== "api_response") addSignal((known ?? track(event.session_key)).signals, event);
      return true;
    },
    version: queries.version,
    /**
     * The activity of a session, if it changed. Hundreds of sessions age every few seconds, so rows are read again
     * only in another state of the database.
     */
    update(key: string, version: string): Activity | undefined {
      const known = tracked.get(key);
      if (known?.stored?.version === version) return assess(registry, known, known.stored, now());
      const session = sessionNamed(queries, key);
      // A first import names thousands of sessions that ended long ago.
      if (!session || (!known && now() - (session.last_unix_ms ?? 0) > FORGOTTEN_MS)) return;
      const entry = track(key);
      const tool_of_permission = once(toolOfPermission(queries, session));
      entry.stored = { version, rows: queries.rows(session), tool_of_permission };
      return assess(registry, entry, entry.stored, now());
    },
    trackRecent(): void {
      for (const session of queries.since(now() - FORGOTTEN_MS)) track(keyOf(session));
    },
    forget(): void {
      for (const [key, entry] of tracked) if (isForgotten(entry.activity, now())) tracked.delete(key);
    },
  };
}

function viewOf(tracked: ReadonlyMap<string, Tracked>) {
  return {
    of: (session: ActivitySession) => tracked.get(keyOf(session))?.activity ?? forgotten(session),
    all: (): SessionActivity[] =>
      [...tracked].flatMap(([session_key, { activity }]) => (activity ? [{ session_key, activity }] : [])),
    keys: () => tracked.keys(),
    running: () =>
      [...tracked].flatMap(([key, { activity }]) => (activity && activity.state !== "ended" ? [key] : [])),
  };
}

function assess(
  registry: Registry | undefined,
  entry: Tracked,
  { rows, tool_of_permission }: Stored,
  now: number,
): Activity | undefined {
  const { signals, activity: before, title } = entry;
  const { session } = rows;
  const claim = registry && claimOf(session, registry.claim);
  const activity = evaluate({ ...rows, signals, claim, tool_of_permission }, now);
  Object.assign(entry, { activity, title: session.title });
  // A confirmation by another witness is not a change. A title comes without an event of its own.
  const isSame = before && Bun.deepEquals({ ...before, witness: activity.witness }, activity);
  return isSame && session.title === title ? undefined : activity;
}

/** Each permission is looked up once. */
function once(find: Facts["tool_of_permission"]): Facts["tool_of_permission"] {
  const found = new Map<string, ReturnType<Facts["tool_of_permission"]>>();
  return (permission) => {
    const key = JSON.stringify([permission.agent_id, permission.tool_name, permission.time_unix_ms]);
    const tool = found.get(key) ?? find(permission);
    found.set(key, tool);
    return tool;
  };
}

const keyOf = (session: ActivitySession) => `${session.source}:${session.source_session_id}`;

function sessionNamed(queries: ActivityQueries, key: string): ActivitySession | null {
  const at = key.indexOf(":");
  return queries.session(key.slice(0, at), key.slice(at + 1));
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
