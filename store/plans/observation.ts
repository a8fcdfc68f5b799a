import type { TIME_QUALITIES } from "../../schema/api-plans.ts";
import type { ManifestFeature } from "../../schema/plan.ts";
import type { PlanPlace } from "./transitions.ts";

export type TimeQuality = (typeof TIME_QUALITIES)[number];

/** A plan as one scan of its files found it. */
export type PlanObservation = {
  plan_key: string;
  project_path: string;
  name: string;
  /** The plan's folder; for a plan at the top of a project its manifest. */
  path: string;
  place: PlanPlace;
  /** Every name that a tool call may use for the changed file: its path, and that relative to the project. */
  named_as: string[];
  created_unix_ms: number;
  /** When the changes that this scan found were written. */
  changed_unix_ms: number;
  /** The scan before this one; null = there was none. */
  scanned_unix_ms: number | null;
  /** The change happened while this process was scanning. */
  is_watched: boolean;
  /** Absent without a readable manifest. */
  features?: ManifestFeature[];
  /** Some of its lines could not be parsed. */
  is_partial?: boolean;
  manifest_birth_unix_ms: number | null;
  manifest_inode: number | null;
  manifest_hash: string | null;
};
