import * as z from "zod";
import { HIDDEN_ORIGINS } from "./row-values.ts";

const count = z.int().nonnegative();
const nano = z.int().describe("nano-USD");
const maybe = nano.nullable();

const HiddenCalls = z.object({
  query_source: z
    .string()
    .describe("purpose of the calls by the client: compact, auxiliary, …; empty = unknown"),
  origin: z
    .enum(HIDDEN_ORIGINS)
    .describe("how they are known: OpenTelemetry, or the difference between two totals of the client"),
  model: z.string(),
  requests: count,
  tokens: count,
  cost_nano_usd: maybe,
});

const ModelDifference = z.object({
  model: z.string(),
  recorded_nano_usd: maybe,
  client_nano_usd: nano,
  difference_nano_usd: maybe.describe("client minus recorded; a different price if the tokens agree"),
  unexplained_tokens: z
    .int()
    .describe("tokens of the client's total that no request explains; negative = recorded, not counted"),
});

const SessionReconcile = z.object({
  session_key: z.string(),
  title: z.string().nullable(),
  time_unix_ms: z.int().describe("of the client's last total, or of the last call of telemetry"),
  client_nano_usd: maybe.describe(
    "the client's own total of this session, without the inherited part; null = not reported",
  ),
  carried_nano_usd: nano.describe("part of the client's total that a fork inherited from its parent"),
  shown_nano_usd: nano.describe("of requests that the transcripts show, up to that time"),
  hidden_nano_usd: nano.describe("of requests that no transcript shows"),
  difference_nano_usd: maybe.describe("client minus shown and hidden"),
  telemetry_calls: count,
  telemetry_nano_usd: maybe.describe("cost of the calls that OpenTelemetry reported, by the client's price"),
  telemetry_metric_nano_usd: maybe.describe("the same by its metrics: a check only"),
  has_inflated_metrics: z
    .boolean()
    .describe("metrics of a client before 2.1.214, which count requests twice"),
  unpriced_requests: count,
  hidden: z.array(HiddenCalls),
  models: z.array(ModelDifference),
  explained: z.array(z.string()).describe("each difference, in words"),
});
export type SessionReconcile = z.infer<typeof SessionReconcile>;

const TelemetryTotal = z.object({
  sessions: count.describe("with calls that OpenTelemetry reported"),
  calls: count,
  cost_nano_usd: nano.describe("by the client's price"),
  recorded_nano_usd: nano.describe("of the same sessions, in transcripts or not"),
  difference_nano_usd: nano.describe("OpenTelemetry less recorded"),
});

/** Recorded cost compared with the client's own total. */
export const Reconcile = z.object({
  sessions_compared: count.describe("with a total of the client"),
  client_nano_usd: nano,
  shown_nano_usd: nano,
  hidden_nano_usd: nano,
  difference_nano_usd: nano,
  shown_percent: z
    .number()
    .nullable()
    .describe("what transcripts show of the client's own total; null = not reported"),
  recorded_percent: z.number().nullable().describe("the same with the hidden calls"),
  hidden_requests: count,
  unexplained_tokens: count,
  telemetry: TelemetryTotal.nullable().describe("null = no session has telemetry"),
  summary: z.string().describe("one sentence"),
  sessions: z.array(SessionReconcile).describe("the largest difference first, at most 200"),
});
export type Reconcile = z.infer<typeof Reconcile>;
