import * as z from "zod";

/** Current activity of a session. `done`: its last turn ended recently; `idle`: open, without a recent request. */
export const ACTIVITY_STATES = ["working", "waiting", "done", "idle", "ended", "unknown"] as const;

const WAIT_KINDS = ["permission", "question", "plan", "elicitation", "input"] as const;
export type WaitKind = (typeof WAIT_KINDS)[number];

/** The witness that decided the state. */
const ACTIVITY_WITNESSES = ["hook", "registry", "transcript"] as const;

const text = z.string().nullable();

export const WaitsFor = z.object({
  kind: z.enum(WAIT_KINDS),
  tool_name: text,
  argument: text.describe("what the tool would do, or the question, at most 200 characters"),
});
export type WaitsFor = z.infer<typeof WaitsFor>;

const ToolInFlight = z.object({
  tool_name: text,
  summary: text,
  started_unix_ms: z.int().nullable(),
});
export type ToolInFlight = z.infer<typeof ToolInFlight>;

export const Activity = z.object({
  state: z.enum(ACTIVITY_STATES),
  since_unix_ms: z.int().nullable(),
  waits_for: WaitsFor.nullable().describe("set while the state is waiting"),
  tool: ToolInFlight.nullable().describe(
    "the tool call of the main thread that runs now, or has no end yet where the state is unknown",
  ),
  agents_working: z.int().nonnegative().describe("sub-agents at work"),
  witness: z.enum(ACTIVITY_WITNESSES),
});
export type Activity = z.infer<typeof Activity>;

/** A `session` frame of the stream. */
export const SessionActivity = z.object({ session_key: z.string(), activity: Activity });
export type SessionActivity = z.infer<typeof SessionActivity>;
