import * as z from "zod";
import { WASTE_KIND_NAMES } from "./waste.ts";

const count = z.int().nonnegative();
const nano = count.describe("nano-USD at the stored prices");
const before = count
  .nullable()
  .describe("nano-USD in the preceding period of the same length; null without one");

const WasteCall = z.object({
  tool_use_id: z.string(),
  tool_name: z.string().nullable(),
  summary: z.string().nullable(),
});

const WasteEvidence = z.object({
  session_key: z.string(),
  title: z.string().nullable(),
  agent_id: z.string().describe("empty = the main thread"),
  from_unix_ms: z.int(),
  until_unix_ms: z.int(),
  nano_usd: nano,
  tokens: count.nullable().describe("tokens of the result, above what a compaction leaves, or never read"),
  requests: count,
  request_keys: z.array(z.string()).describe("of those requests, in their order, at most 20"),
  tool_calls: z.array(WasteCall).describe("at most 20"),
});
export type WasteEvidence = z.infer<typeof WasteEvidence>;

const kind = z.enum(WASTE_KIND_NAMES);
const cause = {
  kind,
  key: z.string().describe("stable id of the cause"),
  what: z.string().describe("the call, the model, the kind of sub-agent"),
  project: z.string().nullable(),
};

const WasteFinding = z.object({
  ...cause,
  nano_usd: nano.describe("nano-USD of this finding alone"),
  counted_nano_usd: nano.describe(
    "the part that no earlier finding counted; they add up to `total_nano_usd`",
  ),
  before_nano_usd: before.describe("nano-USD of the same cause in the preceding period; null without one"),
  occurrences: count,
  sessions: count,
  requests: count,
  advice: z.string(),
  evidence: z.array(WasteEvidence).describe("most expensive first, at most 10"),
});
export type WasteFinding = z.infer<typeof WasteFinding>;

export const Waste = z.object({
  from_unix_ms: z.int(),
  until_unix_ms: z.int(),
  before_from_unix_ms: z.int().nullable().describe("start of the preceding period; null without one"),
  requests: count,
  unpriced_requests: count.describe("in no sum"),
  cost_nano_usd: nano.describe("nano-USD of all requests of the range"),
  total_nano_usd: nano.describe("nano-USD of all findings; overlaps are counted once"),
  before_total_nano_usd: before,
  kinds: z
    .array(
      z.object({
        kind,
        label: z.string(),
        what: z.string(),
        findings: count,
        nano_usd: nano.describe("nano-USD that is counted for this kind"),
        before_nano_usd: before,
      }),
    )
    .describe("every requested kind"),
  findings: z.array(WasteFinding).describe("most expensive first; causes below one cent are omitted"),
  others: z.object({ findings: count, counted_nano_usd: nano }).describe("findings beyond `limit`"),
  gone: z
    .array(z.object({ ...cause, before_nano_usd: nano }))
    .describe("findings of the preceding period that did not recur, at most 20"),
});
export type Waste = z.infer<typeof Waste>;
