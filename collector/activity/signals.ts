import type { StoredData } from "../../schema/event.ts";
import type { EventType } from "../../schema/event-catalogue.ts";
import type { FeedEvent } from "../../schema/events.ts";
import { vendorNamed } from "../../schema/vendors.ts";

/**
 * The newest event of each kind and agent, whatever their order. Kinds are event types; a hook without an event type
 * counts under its own name, and a notification under its subject.
 */
export type Signals = ReadonlyMap<string, Signal>;
export type Signal = {
  time_unix_ms: number;
  agent_id: string;
  tool_name: string;
  data: StoredData<EventType>;
  is_hook: boolean;
};

/** The client shows a notification some seconds after the fact. */
const NOTIFICATION_LAG_MS = 6500;

function kindOf(event: FeedEvent): string {
  if (event.event_type === "hook_other") return String(event.data.hook_event_name ?? "");
  if (event.event_type === "notification")
    return `notification:${String(event.data.notification_type ?? "")}`;
  // During a turn or after one.
  const isCompaction = event.event_type === "session_started" && event.data.source === "compact";
  if (isCompaction && vendorNamed(event.source)?.restarts_after_compaction) return "session_compacted";
  return event.event_type;
}

/** Keeps the newer of two; at equal times the same one, whatever their order. */
export function addSignal(signals: Map<string, Signal>, event: FeedEvent): void {
  const agent_id = event.agent_id ?? "";
  const key = `${kindOf(event)}|${agent_id}`;
  const known = signals.get(key);
  const next: Signal = {
    time_unix_ms: event.time_unix_ms,
    agent_id,
    tool_name: event.tool_name ?? "",
    data: event.data,
    is_hook: event.origin === "hook",
  };
  if (!known || next.time_unix_ms > known.time_unix_ms || isAfter(next, known)) signals.set(key, next);
}

function isAfter(next: Signal, known: Signal): boolean {
  return next.time_unix_ms === known.time_unix_ms && JSON.stringify(next.data) > JSON.stringify(known.data);
}

/** Newest time of a kind on the main thread; 0 = never. */
export function timeOf(signals: Signals, ...kinds: string[]): number {
  return Math.max(0, ...kinds.map((kind) => signals.get(`${kind}|`)?.time_unix_ms ?? 0));
}

/** Newest time of a kind in this agent. */
export function agentTimeOf(signals: Signals, kind: string, agent_id: string): number {
  return signals.get(`${kind}|${agent_id}`)?.time_unix_ms ?? 0;
}

export function ofKind(signals: Signals, kind: string): Signal[] {
  return [...signals].filter(([key]) => key.startsWith(`${kind}|`)).map(([, signal]) => signal);
}

/** Start of the subject of a notification. */
export function notifiedAt(signal: Signal): number {
  return signal.time_unix_ms - NOTIFICATION_LAG_MS;
}
