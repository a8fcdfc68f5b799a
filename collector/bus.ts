import type { SessionActivity } from "../schema/activity.ts";
import type { DaemonStatus } from "../schema/status.ts";

export type Problem = DaemonStatus["problems"][number];

/** Topics, published only after the commit. Any other topic does not compile. */
export type Messages = {
  /** Events exist up to this number. */
  committed: { seq: number };
  /** Sessions with stored rows that are not events. */
  observed: { session_keys: string[] };
  /** The client's registry of running sessions changed for this one. */
  claimed: { session_id: string };
  activity: SessionActivity;
  /** Readings of limits were stored, including those that are too old to be events. */
  limit: { seq: number };
  /** A problem began or, with null, ended. */
  problem: { key: string; problem: Problem | null };
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
