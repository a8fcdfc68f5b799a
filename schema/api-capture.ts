import * as z from "zod";
import { CAPTURE_MODES, SOURCE_STATES } from "./capture.ts";
import { VENDOR_NAMES } from "./vendors.ts";

const count = z.int().nonnegative();
const time = z.int().nullable();
const mode = z.enum(CAPTURE_MODES);
const agent = z.enum(VENDOR_NAMES);

export const Capture = z.object({
  mode: mode.describe("the worst of the agents'"),
  words: z.string().describe("Complete, Live part missing, History only or Not recording"),
  is_stream_enabled: z.boolean().describe("whether a live part is expected at all"),
  agents: z.array(z.object({ agent, mode, words: z.string(), reason: z.string() })),
  sources: z.array(
    z.object({
      source: z.string(),
      state: z.enum(SOURCE_STATES),
      reason: z.string(),
      last_unix_ms: time.describe("last sign of life"),
    }),
  ),
  transitions: z
    .array(z.object({ time_unix_ms: z.int(), agent, from: mode, to: mode, reason: z.string() }))
    .describe("newest first, at most 100, since the daemon's start"),
  decisions: z.object({
    counters: z.record(z.string(), z.record(z.string(), count)).describe("by agent and decision"),
    recent: z
      .array(
        z.object({
          time_unix_ms: z.int(),
          key: z.string(),
          decision: z.string(),
          incoming: z.string(),
          chosen: z.string(),
          replaced: z.string().optional(),
        }),
      )
      .describe("newest first, at most 200"),
  }),
  otlp: z.object({
    requests: z.array(z.object({ signal: z.string(), result: z.string(), count })),
    records: z.array(z.object({ agent, kind: z.string(), count })),
    foreign: count.describe("records of other programs, skipped"),
    names: z.array(z.object({ name: z.string(), count })).describe("records that are not used, by name"),
  }),
  stream: z.array(
    z.object({
      account: z.string(),
      process: z.string(),
      handshake: z.string(),
      auth: z.string(),
      is_healthy: z.boolean(),
      last_message_unix_ms: time,
      restarts: z.record(z.string(), count),
      errors: z.record(z.string(), count),
      pending: count,
    }),
  ),
});
export type Capture = z.infer<typeof Capture>;
