import type { EventType } from "../../schema/event-catalogue.ts";
import type { FeatureStatus, ManifestFeature, PLAN_STATES } from "../../schema/plan.ts";

export type PlanPlace = "active" | "complete" | "top" | "gone";

/** Stored state of a feature; `attempt` is the number of its attempts. */
export type KnownFeature = ManifestFeature & { position: number; attempt: number };

/** Stored state of a plan, or the empty state before its first scan. */
export type PlanState = {
  is_known: boolean;
  /** How often features were added: the counter of `plan_optimized`. */
  revisions: number;
  /** How often its orchestration began; it has ended if `completions` is equal. */
  rounds: number;
  completions: number;
  features: Map<string, KnownFeature>;
};

/** What one scan found of a plan. `is_partial`: lines were unreadable, so a missing feature may be in one of them. */
export type ObservedPlan = {
  place: PlanPlace;
  features?: readonly ManifestFeature[] | undefined;
  is_partial?: boolean;
};

/** One change of a plan, in the order in which it must have happened. */
export type Transition =
  | { kind: "plan"; event_type: EventType; count: number; data?: Record<string, unknown> }
  | { kind: "feature"; event_type: "feature_created"; feature: KnownFeature }
  | { kind: "started"; event_type: "feature_started"; feature: KnownFeature; is_implied: boolean }
  | { kind: "ended"; event_type: "feature_completed" | "feature_failed"; feature: KnownFeature }
  /** Back to pending: the attempt is closed, without an event. */
  | { kind: "reset"; event_type: null; feature: KnownFeature };

export const noPlan = (): PlanState => ({
  is_known: false,
  revisions: 0,
  rounds: 0,
  completions: 0,
  features: new Map(),
});

/**
 * Moves the state to what a scan found, and returns what happened in between. The same scan again returns nothing: the
 * numbers of attempts and rounds come from the state, so an event that is derived twice has the same id. `features` is
 * absent without a readable manifest.
 */
export function applyObserved(state: PlanState, observed: ObservedPlan): Transition[] {
  const out: Transition[] = [];
  if (!state.is_known) out.push({ kind: "plan", event_type: "plan_created", count: 0 });
  state.is_known = true;
  if (observed.features) {
    if (observed.is_partial !== true) leaveOut(state, observed.features, out);
    addFeatures(state, observed.features, out);
    const moved = observed.features.flatMap((f) => moveFeature(state, f));
    if (moved.some((t) => t.kind !== "reset")) startRound(state, out);
    out.push(...moved);
  }
  endRound(state, observed.place, out);
  return out;
}

/** The first feature that leaves pending, or a prompt that requests it, starts a round. */
export function startRound(state: PlanState, out: Transition[]): void {
  if (state.rounds > state.completions) return;
  state.rounds++;
  out.push({ kind: "plan", event_type: "orchestration_started", count: state.rounds });
}

/** A feature that left the manifest is no longer in progress. */
function leaveOut(state: PlanState, features: readonly ManifestFeature[], out: Transition[]): void {
  const ids = new Set(features.map((f) => f.id));
  for (const known of state.features.values()) {
    if (ids.has(known.id)) continue;
    known.position = -1;
    if (known.status !== "in_progress") continue;
    known.status = "pending";
    out.push({ kind: "reset", event_type: null, feature: { ...known } });
  }
}

function addFeatures(state: PlanState, features: readonly ManifestFeature[], out: Transition[]): void {
  const added: KnownFeature[] = [];
  for (const [position, f] of features.entries()) {
    const known = state.features.get(f.id);
    if (known) Object.assign(known, { ...f, status: known.status, position });
    else {
      const feature: KnownFeature = { ...f, status: "pending", position, attempt: 0 };
      state.features.set(f.id, feature);
      added.push(feature);
    }
  }
  if (added.length === 0) return;
  state.revisions++;
  const data = { features: features.length, added: added.length };
  out.push({ kind: "plan", event_type: "plan_optimized", count: state.revisions, data });
  for (const feature of added)
    out.push({ kind: "feature", event_type: "feature_created", feature: { ...feature } });
}

function moveFeature(state: PlanState, { id, status }: ManifestFeature): Transition[] {
  const feature = state.features.get(id);
  const before = feature?.status;
  if (!feature || before === status) return [];
  const out: Transition[] = [];
  const begin = (is_implied: boolean) => {
    feature.attempt++;
    feature.status = "in_progress";
    out.push({ kind: "started", event_type: "feature_started", feature: { ...feature }, is_implied });
  };
  if (status === "pending") {
    feature.status = "pending";
    if (before === "in_progress") out.push({ kind: "reset", event_type: null, feature: { ...feature } });
  } else {
    if (before !== "in_progress") begin(status !== "in_progress");
    if (status !== "in_progress") {
      feature.status = status;
      const event_type = status === "completed" ? "feature_completed" : "feature_failed";
      out.push({ kind: "ended", event_type, feature: { ...feature } });
    }
  }
  return out;
}

const listed = (state: PlanState) => [...state.features.values()].filter((f) => f.position >= 0);

function endRound(state: PlanState, place: PlanPlace, out: Transition[]): void {
  const features = listed(state);
  const isDone = features.length > 0 && features.every((f) => f.status === "completed");
  const reason = isDone ? "all_completed" : place === "complete" ? "moved" : undefined;
  if (reason === undefined) return;
  // A plan that started unobserved is completed once; one that restarts after completion is completed again.
  if (state.completions > 0 && state.rounds <= state.completions) return;
  state.completions = Math.max(state.rounds, 1);
  out.push({
    kind: "plan",
    event_type: "orchestration_completed",
    count: state.completions,
    data: { reason },
  });
}

export type PlanStateName = (typeof PLAN_STATES)[number];

/** `failed`: nothing is left to do, and not all of it worked. */
export function stateName(state: PlanState, place: PlanPlace): PlanStateName {
  if (place === "gone") return "deleted";
  const statuses = new Set<FeatureStatus>(listed(state).map((f) => f.status));
  const isOver = statuses.size > 0 && !statuses.has("pending") && !statuses.has("in_progress");
  if (statuses.has("failed") && (isOver || place === "complete")) return "failed";
  return (isOver && state.completions > 0) || place === "complete" ? "completed" : "active";
}
