import * as z from "zod";
import { Totals } from "./api-shapes.ts";
import { FEATURE_STATUSES, PLAN_STATES } from "./plan.ts";

/** Accuracy of the time of a plan event: the tool call that wrote it, the file, or a range between two scans. */
export const TIME_QUALITIES = ["exact", "file", "inferred"] as const;
/** The rule that assigned a request to a feature. */
export const SPLIT_RULES = ["agent", "only_one_in_progress", "equal_parts", "overhead"] as const;

const count = z.int().nonnegative();
const time = z.int().nullable();
const textOrNull = z.string().nullable();
const Eta = z.object({
  at_unix_ms: z.int(),
  low_unix_ms: z.int(),
  high_unix_ms: z.int(),
  from: z.string().describe("basis of the estimate"),
});

export const Plan = z.object({
  plan_key: z.string(),
  name: z.string(),
  aliases: z.array(z.string()).describe("earlier names"),
  project: z.string().describe("last part of project_path"),
  project_path: z.string(),
  path: z.string().describe("its folder, or its manifest at the top of a project"),
  state: z.enum(PLAN_STATES),
  features: count,
  counts: z.record(z.enum(FEATURE_STATUSES), count),
  progress_percent: z.int().min(0).max(100).nullable().describe("completed features; null without features"),
  session_key: textOrNull.describe("the session that began it"),
  created_unix_ms: time,
  started_unix_ms: time,
  ended_unix_ms: time,
  duration_ms: count.nullable(),
  pr_url: textOrNull,
  eta: Eta.nullable().describe("null below three measured features, and where nothing is left"),
  totals: Totals.describe("of the plan's sessions from its start to its end"),
});
export type Plan = z.infer<typeof Plan>;

const Attempt = z.object({
  attempt: count,
  started_unix_ms: z.int(),
  ended_unix_ms: time,
  outcome: z.enum(["completed", "failed", "reset"]).nullable().describe("null while in progress"),
  session_key: textOrNull,
  start_quality: z.enum(TIME_QUALITIES),
  end_quality: z.enum(TIME_QUALITIES).nullable(),
});
const Feature = z.object({
  feature_id: z.string(),
  layer: count.describe("0 without dependencies, else one more than the deepest of them"),
  description: z.string(),
  file: z.string(),
  depends_on: z.array(z.string()),
  edge_cases: z.array(z.string()),
  decisions: z.array(z.string()),
  verification: z.string(),
  status: z.enum(FEATURE_STATUSES),
  attempt: count.describe("number of attempts"),
  duration_ms: count.nullable().describe("of the latest attempt; null if its start or end was not measured"),
  attempts: z.array(Attempt).describe("oldest first"),
  totals: Totals,
});

export const PlanDetail = Plan.extend({
  feature_list: z.array(Feature).describe("in the order of the manifest"),
  overhead: Totals.describe("spent while no feature was in progress; with the features it is `totals`"),
  split: z
    .record(z.enum(SPLIT_RULES), count)
    .describe("requests by the rule that assigned them to a feature"),
});
export type PlanDetail = z.infer<typeof PlanDetail>;

export const PlanGraph = z.object({
  plan_key: z.string(),
  nodes: z.array(
    z.object({ id: z.string(), description: z.string(), status: z.enum(FEATURE_STATUSES), layer: count }),
  ),
  edges: z.array(z.object({ from: z.string(), to: z.string() })).describe("`to` depends on `from`"),
  layers: z.array(z.array(z.string())),
  critical_path: z.array(z.string()).describe("longest chain; empty if there is a cycle"),
  mermaid: z.string(),
});
export type PlanGraph = z.infer<typeof PlanGraph>;

export const PlanFindings = z.object({
  plan_key: z.string(),
  is_there: z.boolean().describe("false if the plan's files no longer exist; then nothing is checked"),
  findings: z
    .array(
      z.object({
        code: z.string().describe("PL001 to PL016, as `hall-monitor plans validate` has them"),
        path: z.string().describe("relative to the plan's folder"),
        line: count.describe("from 1"),
        message: z.string(),
        fix: z.string(),
      }),
    )
    .describe("by file and line, at most 500"),
  total: count,
});
export type PlanFindings = z.infer<typeof PlanFindings>;
