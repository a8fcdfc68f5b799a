import * as z from "zod";
import { SessionActivity } from "./activity.ts";
import type { StreamName } from "./event-catalogue.ts";
import { FeedEvent } from "./events.ts";

/** `data:` of a stream's messages, by their `event:`. */
export const STREAM_MESSAGES = {
  metric: FeedEvent,
  plan: FeedEvent,
  rate_limit: FeedEvent,
  session: SessionActivity,
  heartbeat: z.object({ seq: z.int(), time_unix_ms: z.int() }),
  reset: z
    .object({ seq: z.int(), reason: z.enum(["unknown_id", "too_old"]) })
    .describe("the stream cannot resume; load everything again"),
} satisfies Record<StreamName | "session" | "heartbeat" | "reset", z.ZodType>;
export type StreamMessage = {
  [Name in keyof typeof STREAM_MESSAGES]: z.infer<(typeof STREAM_MESSAGES)[Name]>;
};
