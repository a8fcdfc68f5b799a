import type { SessionActivity } from "../../../schema/activity.ts";
import type { FeedEvent } from "../../../schema/events.ts";
import type { Fault } from "../request.ts";

/** `refused`: the daemon answers, but gives no stream; `fault` then holds why and what to do. */
export type Connection = "connecting" | "live" | "reconnecting" | "gone" | "refused";
export type StreamState = { connection: Connection; fault: Fault | null };

/** From a tab. `lock` is a Web Lock that the tab holds for as long as it lives. */
export type ToHub =
  | { kind: "follow"; after: number; lock?: string }
  /** The last message was worked off: only then comes the next, so a frozen tab piles nothing up. */
  | { kind: "taken" }
  | { kind: "hurry" }
  | { kind: "leave" };

export type FromHub =
  /** `activities`: what sessions do now, the newest of each; no part of what is numbered. */
  | { kind: "events"; events: FeedEvent[]; activities: SessionActivity[] }
  | { kind: "state"; state: StreamState }
  /** What is shown cannot be continued: ask for everything again, then follow. */
  | { kind: "reset" }
  /** The daemon sent something, with or without an event. */
  | { kind: "beat" };
