import { type CategoryOf, type DataOf, EVENT_TYPES, type EventType } from "./event-catalogue.ts";
import type { Origin, SourceName } from "./event-names.ts";

/** Fields of every event. */
export type EventBase = {
  event_id: string;
  source: SourceName;
  origin: Origin;
  session_id: string;
  /** The source of the session, if it differs from `source`. */
  session_source?: SourceName;
  time_unix_ms: number;
  project_path?: string | undefined;
  agent_id?: string | undefined;
  prompt_id?: string | undefined;
  tool_name?: string | undefined;
  tool_use_id?: string | undefined;
};

export type EventOf<Type extends EventType> = {
  [T in Type]: EventBase & { event_type: T; event_category: CategoryOf<T>; data: DataOf<T> };
}[Type];

/** One thing that happened. Flat; times are Unix milliseconds UTC; `data` contains the fields of this type only. */
export type MetricEvent = EventOf<EventType>;

/** A stored `data`: the declared fields with unchecked values, since another version may have written them. */
export type StoredData<Type extends EventType> = {
  readonly [Field in { [T in Type]: keyof DataOf<T> }[Type]]?: unknown;
};

export function createEvent<Type extends EventType>(
  event_type: Type,
  base: EventBase,
  data: DataOf<Type>,
): MetricEvent {
  const event: EventBase & Record<"event_type" | "event_category" | "data", unknown> = {
    ...base,
    event_type,
    event_category: EVENT_TYPES[event_type],
    data,
  };
  // The parameters tie category and data to the type; the compiler cannot express that in the result.
  return event as MetricEvent;
}
