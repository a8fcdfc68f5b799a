import type { Database } from "bun:sqlite";
import { FEATURE_STATUSES, PLAN_STATES } from "../../schema/plan.ts";
import { planQueries } from "../../store/queries/plans.ts";
import type { Exposition } from "./registry.ts";

/** Counts only: a plan's name is not a label. */
export function planMetrics(reader: Database, out: Exposition) {
  const queries = planQueries(reader);
  return function show(): void {
    const states = new Map(queries.states().map((r) => [r.state, r.plans]));
    if (states.size === 0) return;
    const statuses = new Map(queries.statuses().map((r) => [r.status, r.features]));
    for (const state of PLAN_STATES) out.gauge("hall_plans", { state }, states.get(state) ?? 0);
    for (const status of FEATURE_STATUSES)
      out.gauge("hall_plan_features", { status }, statuses.get(status) ?? 0);
    out.gauge("hall_plan_prs_ambiguous", {}, queries.ambiguousPrs());
  };
}
