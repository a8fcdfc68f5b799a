import { createEvent, type EventBase } from "../../../schema/event.ts";
import type { DataOf, EventType } from "../../../schema/event-catalogue.ts";
import type { TimeGate } from "../../../schema/gate.ts";
import type { FileBatch, SessionObservation } from "../../../store/batch.ts";
import type { Json } from "./json.ts";
import { isCopy, type State } from "./state.ts";

/** One line, decoded as far as its handler requires. */
export type Line = {
  payload: Json;
  ordinal: number;
  time_unix_ms: number;
  /** Bit of QUALITY_FLAGS if the line has no time. */
  time_flag: number;
  offset: number;
};

/** One read of one file. */
export type ParseContext = {
  path: string;
  state: State;
  into: FileBatch;
  gate: TimeGate;
  /** The session's last sign of life in this read. */
  touched: SessionObservation | undefined;
};

export type Handler = (context: ParseContext, line: Line) => void;

/** A reverted thread continues in a second file: its start and its folder are those of the first. */
export function isSecondFile(path: string): boolean {
  return /_[0-9a-f-]{36}\.jsonl(\.zst)?$/.test(path);
}

export function placeOf({ path }: ParseContext): Pick<SessionObservation, "transcript_path"> {
  return isSecondFile(path) ? {} : { transcript_path: path };
}

export function touch(context: ParseContext, timeUnixMs: number): void {
  if (timeUnixMs <= 0) return;
  if (context.touched) {
    if (timeUnixMs > (context.touched.time_unix_ms ?? 0)) context.touched.time_unix_ms = timeUnixMs;
    return;
  }
  context.touched = {
    source: "codex",
    session_id: context.state.thread,
    time_unix_ms: timeUnixMs,
    ...placeOf(context),
  };
  context.into.sessions.push(context.touched);
}

/** Belongs to another thread: a review's child that writes into its parent's file, or a copied parent. */
export function isForeign(context: ParseContext, line: Line): boolean {
  const thread = line.payload.thread_id;
  return typeof thread === "string" && thread !== context.state.thread;
}

export function isCopied(context: ParseContext, line: Line, turn: string = context.state.turn): boolean {
  return isCopy(context.state, turn, line.ordinal, line.time_unix_ms);
}

export function ignore(context: ParseContext, kind: string): void {
  context.into.ignored[kind] = (context.into.ignored[kind] ?? 0) + 1;
}

/** Fields of an event besides type and data, if they differ from this thread, this turn and the time of its line. */
type Place = Partial<
  Pick<EventBase, "session_id" | "agent_id" | "tool_name" | "tool_use_id" | "time_unix_ms">
>;

/** Identified by kind and turn, so that a copied or moved line, and a hook, are the same event. */
export function pushEvent<Type extends EventType>(
  context: ParseContext,
  line: Line,
  event_type: Type,
  event_id: string,
  data: DataOf<Type>,
  place: Place = {},
): void {
  const { thread, prompt_id } = context.state;
  const base: EventBase = {
    event_id,
    source: "codex",
    origin: "rollout",
    session_id: thread,
    time_unix_ms: line.time_unix_ms,
    // A turn of a sub-agent's thread does not belong to its parent session.
    ...(prompt_id !== "" && place.agent_id === undefined && { prompt_id }),
    ...place,
  };
  context.into.events.push(createEvent(event_type, base, data));
}
