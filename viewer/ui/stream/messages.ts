import type { SessionActivity } from "../../../schema/activity.ts";
import type { FeedEvent } from "../../../schema/events.ts";
import type { Fault } from "../request.ts";

/** `refused`: the daemon answers, but opens no stream; `fault` contains the reason and the fix. */
export type Connection = "connecting" | "live" | "reconnecting" | "gone" | "refused";
export type StreamState = { connection: Connection; fault: Fault | null };

/** From a tab. `lock` is a Web Lock that the tab holds for as long as it lives. */
export type ToHub =
  | { kind: "follow"; after: number; lock?: string }
  /** The last message was processed: only then the next one is sent, so that nothing accumulates for a frozen tab. */
  | { kind: "taken" }
  | { kind: "hurry" }
  | { kind: "leave" };

export type FromHub =
  /**
   * `activities`: the latest activity of each session; not part of the numbered events. `again`: those of them that were
   * reported more than once since the last message.
   */
  | { kind: "events"; events: FeedEvent[]; activities: SessionActivity[]; again: string[] }
  | { kind: "state"; state: StreamState }
  /** The view cannot resume: request everything again, then follow. */
  | { kind: "reset" }
  /** The daemon sent something, with or without an event. */
  | { kind: "beat" };
