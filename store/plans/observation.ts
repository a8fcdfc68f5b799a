import type { TIME_QUALITIES } from "../../schema/api-plans.ts";
import type { ManifestFeature } from "../../schema/plan.ts";
import type { PlanPlace } from "./transitions.ts";

export type TimeQuality = (typeof TIME_QUALITIES)[number];

/** A plan as one look at its files shows it. */
export type PlanObservation = {
  plan_key: string;
  project_path: string;
  name: string;
  /** The plan's folder; for a plan at the top of a project its manifest. */
  path: string;
  place: PlanPlace;
  /** Every way in which a tool call may name what was changed: its path, and that relative to the project. */
  named_as: string[];
  created_unix_ms: number;
  /** When what is new in this look was written. */
  changed_unix_ms: number;
  /** The look before this one; null = there was none. */
  looked_unix_ms: number | null;
  /** The change happened while this process was looking. */
  is_watched: boolean;
  /** Absent where there is no manifest, or none that can be read. */
  features?: ManifestFeature[];
  /** Lines of it could not be read. */
  is_partial?: boolean;
  manifest_birth_unix_ms: number | null;
  manifest_inode: number | null;
  manifest_hash: string | null;
};
