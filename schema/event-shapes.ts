import type * as zod from "zod";
import { recordOf } from "./record-of.ts";
import { USAGE_FIELDS, USAGE_KINDS } from "./usage-kinds.ts";

/** zod is a parameter, so that importers and reports run without loading it. */
export type Zod = typeof zod;

const text = (z: Zod) => z.string().optional();
const number = (z: Zod) => z.number().optional();
const count = (z: Zod) => z.int().nonnegative();

/** What Claude Code's hooks send with every event; the rest of a payload is stored unread. */
export const hookFields = (z: Zod) => ({
  hook_event_name: text(z),
  transcript_path: text(z),
  permission_mode: text(z),
  agent_type: text(z),
});

/** A tool's input, in its own shape. */
const tool_input = (z: Zod) => z.record(z.string(), z.unknown()).optional();
export const toolFields = (z: Zod) => ({ ...hookFields(z), tool_input: tool_input(z) });

export const compactionFields = (z: Zod) => ({
  ...hookFields(z),
  trigger: text(z).describe("manual or auto"),
  context_tokens_before: number(z),
  context_tokens_after: number(z),
  duration_ms: number(z),
});

const money = (z: Zod) => z.int().nullable().describe("nano-USD; null = no price known, or nothing to price");

export const tokenFields = (z: Zod) => ({
  input_tokens: count(z).describe("all input tokens, cached or not"),
  ...recordOf(USAGE_FIELDS, (name) => count(z).describe(USAGE_KINDS[name].what)),
  total_tokens: count(z).describe("input_tokens + output_tokens"),
});

export const responseFields = (z: Zod) => ({
  model: z.string(),
  ...tokenFields(z),
  cost_nano_usd: money(z),
  price_id: z.string().nullable(),
  service_tier: z.string(),
  speed: z.string(),
  flags: z.array(z.string()).describe("notes on the figures"),
});

/** The increase of each figure that rose. */
export const raisedFields = (z: Zod) => ({
  request_key: z.string(),
  decision: z
    .literal("replaced")
    .optional()
    .describe(
      "a request without a file was removed because a file now contains it; the figures are negative",
    ),
  ...recordOf(USAGE_FIELDS, () => number(z)),
  cost_nano_usd: money(z),
});

export const limitFields = (z: Zod) => ({
  account: z.string(),
  limit_id: z.string(),
  window: z.string(),
  window_minutes: z.number().nullable(),
  used_percent: z.number(),
  resets_at_unix_ms: z.int().nullable(),
});

export const planFields = (z: Zod) => ({
  plan_key: text(z),
  plan_name: text(z),
  plan_path: text(z).describe("its folder, or its manifest at the top of a project"),
  project_path: text(z),
  not_before_unix_ms: number(z).describe("of an inferred time: it lies between this and the event's"),
  time_quality: text(z).describe("accuracy of the time: exact, file or inferred"),
});

export const featureFields = (z: Zod) => ({
  ...planFields(z),
  feature_id: text(z),
  description: text(z),
  attempt: number(z),
  status: text(z),
  inferred: z.boolean().optional().describe("inferred: not observed, but it must have happened"),
});
