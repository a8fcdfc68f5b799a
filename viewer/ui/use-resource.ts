import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { SessionActivity } from "../../schema/activity.ts";
import type { RouteKey } from "../../schema/api.ts";
import { addressOf } from "../../schema/api-address.ts";
import type { Data, RouteArgument, RouteInput, RouteParts } from "../../schema/api-types.ts";
import type { FeedEvent } from "../../schema/events.ts";
import { throttled, whenSeen } from "./clock.ts";
import { arrivals, restarts } from "./feed.ts";
import { activities } from "./live.ts";
import { type Fault, passes, type Remote } from "./request.ts";
import { RETRY_MS, type Resource, resource } from "./resource.ts";

type Readable = Extract<RouteKey, `GET ${string}`>;
/** After which events a response is requested again, and how often at most. */
export type Freshness = {
  every_ms: number;
  after: (events: FeedEvent[]) => boolean;
  /** Of what changes without an event, as a title does. */
  changed?: (sessions: SessionActivity[]) => boolean;
};

export const afterAny = (events: FeedEvent[]) => events.length > 0;
export const afterUsage = (events: FeedEvent[]) => events.some((e) => e.event_category === "api");

/** Retries a failed request, as long as the fault is a temporary one and a component shows it. */
export function useRetry(fault: Fault | null, ask: () => unknown): void {
  useEffect(() => {
    if (!fault || !passes(fault)) return;
    const timer = setTimeout(ask, RETRY_MS);
    return () => clearTimeout(timer);
  }, [fault]);
}

export const ofSession = (session_key: string) => (some: { session_key: string | null }[]) =>
  some.some((of) => of.session_key === session_key);

/**
 * The response of a route, while a component shows it. With another query the last response stays in place, with `is_old`
 * set, so that nothing collapses while the next is pending.
 */
export function useResource<Key extends Readable, Given extends RouteInput<Key>>(
  key: Key,
  input: RouteParts<Key, Given>,
  freshness?: Freshness,
): Remote<Data<Key>> & { is_old: boolean } {
  const given = [input] as unknown as RouteArgument<Key>;
  const { path } = addressOf(key, ...given);
  const held = useRef<{ path: string; of: Resource<Data<Key>> } | null>(null);
  const last = useRef<Data<Key> | null>(null);
  // What had arrived by now is in the first response, which is requested now.
  const had = useRef({ batch: arrivals.peek(), sessions: activities.peek(), restarts: restarts.peek() });
  if (held.current?.path !== path) {
    held.current?.of.release();
    held.current = { path, of: resource(key, ...given) };
  }
  useEffect(
    () => () => {
      held.current?.of.release();
      held.current = null;
    },
    [],
  );
  useEffect(() => {
    if (!freshness) return;
    const request = () => held.current?.of.refresh();
    const refresh = throttled(freshness.every_ms, () => whenSeen(request));
    const { batch, sessions } = had.current;
    let seen = had.current.restarts;
    const stop = effect(() => {
      if (activities.value !== sessions && freshness.changed?.(activities.value)) refresh();
    });
    const stopEvents = effect(() => {
      // What happened while nothing was received is in no batch of events.
      const isAgain = restarts.value !== seen;
      seen = restarts.value;
      if ((arrivals.value !== batch && freshness.after(arrivals.value)) || isAgain) refresh();
    });
    return () => {
      stop();
      stopEvents();
    };
  }, []);
  const state = held.current.of.state.value;
  if (state.data !== null) last.current = state.data;
  return { ...state, data: state.data ?? last.current, is_old: state.data === null && last.current !== null };
}
