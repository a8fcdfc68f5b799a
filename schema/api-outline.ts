import * as z from "zod";

const count = z.int().nonnegative();
const time = z.int().nullable();

const Block = z.object({
  index: count.describe("of its first item"),
  prompt: z.string().nullable(),
  started_unix_ms: time,
  ended_unix_ms: time,
  cost_nano_usd: z.int().nullable().describe("of all agents; null where nothing is priced"),
  unpriced_requests: count,
  requests: count,
  tool_calls: count,
  failed: count,
  denied: count.describe("tool calls that a person, a rule or the classifier refused"),
});
export type OutlineBlock = z.infer<typeof Block>;

/** Every item of a session's timeline in columns, in order: enough to draw all of it and to request any part. */
export const Outline = z.object({
  session_key: z.string(),
  times: z.array(z.int()).describe("Unix milliseconds"),
  kinds: z.string().describe("one letter per item: t, a, r, c, e; a capital one where it failed"),
  ids: z.array(z.union([z.string(), z.int()])).describe("prompt_id, agent_id, seq, tool_use_id, seq"),
  agents: z.array(count).describe("index into agent_ids"),
  agent_ids: z.array(z.string()).describe("the main thread, which is empty, first"),
  blocks: z.array(Block).describe("from one prompt to the next"),
  waits: z.array(z.tuple([z.int(), z.int()])).describe("from a request for permission to what came next"),
  compactions: z.array(z.int()),
  context: z
    .array(z.tuple([z.int(), count]))
    .describe("input tokens of the main thread's responses, by time; at most 500"),
});
export type Outline = z.infer<typeof Outline>;

export const SessionDays = z.object({
  sessions: count,
  days: z
    .array(z.object({ day: z.string().describe("YYYY-MM-DD in the time zone"), sessions: count }))
    .describe("latest first; by last sign of life, or by start where sorted so"),
});
export type SessionDays = z.infer<typeof SessionDays>;
