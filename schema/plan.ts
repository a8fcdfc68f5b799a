import * as z from "zod";

export const PLAN_STATES = ["active", "completed", "failed", "deleted"] as const;
/** States of a feature, in the order in which a feature passes them. */
export const FEATURE_STATUSES = ["pending", "in_progress", "completed", "failed"] as const;
export type FeatureStatus = (typeof FEATURE_STATUSES)[number];

const id = z.string().regex(/^[A-Za-z][\w.-]{0,63}$/, "a letter, then letters, digits, `_`, `.` or `-`");
const ids = z.array(z.string());

/** One line of a plan's `manifest.jsonl`, as the plan commands write it. */
export const PlanFeature = z.strictObject({
  id,
  file: z.string().describe("the feature's specification, relative to the manifest"),
  description: z.string().min(1),
  depends_on: ids,
  edge_cases: ids,
  decisions: ids,
  code_refs: ids.describe("`path#anchor`"),
  status: z.enum(FEATURE_STATUSES),
  verification: z.string().describe("a shell command that proves the feature"),
});
export type PlanFeature = z.infer<typeof PlanFeature>;

/**
 * The fields that make a line a feature; all others of `PlanFeature` may be missing in a plan written by another tool.
 */
export const ManifestLine = z.object({
  id,
  status: z.enum(FEATURE_STATUSES),
  description: z.string().default(""),
  file: z.string().default(""),
  depends_on: ids.default([]),
  edge_cases: ids.default([]),
  decisions: ids.default([]),
  verification: z.string().default(""),
});
export type ManifestFeature = z.infer<typeof ManifestLine>;
