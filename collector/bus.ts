import type { SessionActivity } from "../schema/activity.ts";

/** What the collector tells, and only after the commit. A topic nobody defined does not compile. */
export type Messages = {
  committed: { seq: number };
  /** Sessions of which something was stored that is no event of its own. */
  observed: { session_keys: string[] };
  /** The client's registry of running sessions changed for this one. */
  claimed: { session_id: string };
  activity: SessionActivity;
  status: { reason: string };
};

export type Bus = {
  publish<T extends keyof Messages>(topic: T, message: Messages[T]): void;
  subscribe<T extends keyof Messages>(topic: T, listener: (message: Messages[T]) => void): () => void;
};

export function createBus(): Bus {
  const listeners = new Map<keyof Messages, Set<(message: never) => void>>();
  return {
    publish(topic, message) {
      for (const listener of listeners.get(topic) ?? []) (listener as (m: typeof message) => void)(message);
    },
    subscribe(topic, listener) {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set);
      set.add(listener as (message: never) => void);
      return () => void set.delete(listener as (message: never) => void);
    },
  };
}
