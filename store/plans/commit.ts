import type { Database } from "bun:sqlite";
import { createEvent, type MetricEvent } from "../../schema/event.ts";
import type { DataOf, EventType } from "../../schema/event-catalogue.ts";
import type { Sessions } from "../commit-sessions.ts";
import { planCalls } from "./calls.ts";
import { layersOf } from "./graph.ts";
import type { PlanObservation, TimeQuality } from "./observation.ts";
import { assertionsOf, type ManifestCall } from "./replay.ts";
import { NO_PLAN, type PlanRow, type PlanRows, toKnownFeature } from "./rows.ts";
import {
  applyObserved,
  type KnownFeature,
  noPlan,
  type ObservedPlan,
  type PlanState,
  stateName,
  type Transition,
} from "./transitions.ts";

/** Time, session and accuracy of a change. */
type Moment = {
  time_unix_ms: number;
  time_quality: TimeQuality;
  session_pk: number | null;
  /** Of an inferred time: it lies between this and `time_unix_ms`. */
  not_before_unix_ms?: number | undefined;
};
type Step = { transitions: Transition[]; at: Moment };
export type PutEvent = (e: MetricEvent) => void;

/**
 * Stores what a scan found: the events that lead from the stored state to it, the rows of plan, features and
 * attempts. What was written between two scans is replayed from the tool calls that wrote it. The caller holds the
 * transaction, so a process that dies leaves the state before, and the same scan gives the same events again.
 */
export function planCommits(db: Database, rows: PlanRows, sessions: Sessions) {
  const stepsOf = createSteps(planCalls(db), rows);

  function stateOf(row: PlanRow | null): PlanState {
    if (!row) return noPlan();
    const features = rows.features(row.plan_pk).map(toKnownFeature);
    const { revisions, rounds, completions } = row;
    const is_known = row.name !== "";
    return { is_known, revisions, rounds, completions, features: new Map(features.map((f) => [f.id, f])) };
  }

  return {
    put(plan: PlanObservation, putEvent: PutEvent): void {
      const before = rows.find(plan.plan_key);
      const state = stateOf(before);
      const steps = stepsOf(plan, before, state);
      const row = toRow(plan, before, state, steps);
      if (before && steps.every((s) => s.transitions.length === 0) && isSame(before, row)) return;
      const plan_pk = rows.putPlan(row);
      putFeatures(rows, plan_pk, state, steps);
      let time = before?.changed_unix_ms ?? 0;
      for (const { transitions, at } of steps)
        for (const t of transitions) {
          const moment = { ...at, ...impliedStart(t, at, Math.max(time, plan.scanned_unix_ms ?? 0)) };
          putAttempt(rows, plan_pk, t, moment);
          if (t.event_type !== null) putEvent(toEvent(row, t, t.event_type, moment, sessions));
          time = Math.max(time, moment.time_unix_ms);
        }
    },
  };
}

/** The changes in order: first those of tool calls, then those that only the file shows. */
function createSteps(calls: ReturnType<typeof planCalls>, rows: PlanRows) {
  function momentAt(plan: PlanObservation, found: readonly ManifestCall[], time_unix_ms: number): Moment {
    const call = calls.covering(found, time_unix_ms);
    if (call) {
      const { session_pk, ended_unix_ms } = call;
      return { time_unix_ms: ended_unix_ms ?? time_unix_ms, time_quality: "exact", session_pk };
    }
    const session_pk = calls.onlyActive(plan.project_path, time_unix_ms);
    if (plan.is_watched) return { time_unix_ms, time_quality: "file", session_pk };
    const not_before_unix_ms = plan.scanned_unix_ms ?? undefined;
    return { time_unix_ms, time_quality: "inferred", session_pk, not_before_unix_ms };
  }

  return (plan: PlanObservation, row: PlanRow | null, state: PlanState): Step[] => {
    const found = calls.on(plan, row?.changed_unix_ms ?? null);
    const steps: Step[] = [];
    const apply = (shown: ObservedPlan, at: Moment) =>
      steps.push({ transitions: applyObserved(state, shown), at });
    if (!state.is_known) apply({ place: "active" }, momentAt(plan, found, plan.created_unix_ms));
    if (plan.features && state.features.size === 0) {
      // The manifest is older than the first change in it.
      const features = plan.features.map((f) => ({ ...f, status: "pending" as const }));
      const born = plan.manifest_birth_unix_ms ?? plan.changed_unix_ms;
      const first = Math.min(born, found[0]?.ended_unix_ms ?? born);
      apply({ place: "active", features }, momentAt(plan, found, first));
    }
    if (plan.features) {
      const known = row ? rows.features(row.plan_pk) : [];
      const changed = new Map(known.map((f) => [f.feature_id, f.changed_unix_ms ?? 0]));
      for (const call of found) steps.push(...replayed(state, call, changed));
    }
    apply(plan, momentAt(plan, found, plan.changed_unix_ms));
    return steps;
  };
}

/** A call that ended before the last change of a feature does not reset it. */
function replayed(state: PlanState, call: ManifestCall, changed: Map<string, number>): Step[] {
  const { ended_unix_ms: time, session_pk } = call;
  if (time === null) return [];
  const asserted = new Map(
    assertionsOf(call, new Set(state.features.keys()))
      .filter((a) => time > (changed.get(a.id) ?? 0))
      .map((a) => [a.id, a.status]),
  );
  if (asserted.size === 0) return [];
  const features = [...state.features.values()]
    .filter((f) => f.position >= 0)
    .sort((a, b) => a.position - b.position)
    .map((f) => ({ ...f, status: asserted.get(f.id) ?? f.status }));
  const transitions = applyObserved(state, { place: "active", features });
  for (const t of transitions) if (t.kind !== "plan") changed.set(t.feature.id, time);
  return [{ transitions, at: { time_unix_ms: time, time_quality: "exact", session_pk } }];
}

function putFeatures(rows: PlanRows, plan_pk: number, state: PlanState, steps: readonly Step[]): void {
  const layers = layersOf([...state.features.values()].filter((f) => f.position >= 0));
  const changed = new Map<string, number>();
  for (const { transitions, at } of steps)
    for (const t of transitions) if (t.kind !== "plan") changed.set(t.feature.id, at.time_unix_ms);
  const known = new Map(rows.features(plan_pk).map((f) => [f.feature_id, f]));
  for (const f of state.features.values())
    rows.putFeature({
      plan_pk,
      feature_id: f.id,
      position: f.position,
      layer: layers.get(f.id) ?? 0,
      description: f.description.slice(0, 1000),
      file: f.file,
      depends_on: JSON.stringify(f.depends_on),
      edge_cases: JSON.stringify(f.edge_cases),
      decisions: JSON.stringify(f.decisions),
      verification: f.verification.slice(0, 1000),
      status: f.status,
      attempt: f.attempt,
      changed_unix_ms: changed.get(f.id) ?? known.get(f.id)?.changed_unix_ms ?? null,
    });
}

function putAttempt(rows: PlanRows, plan_pk: number, t: Transition, at: Moment): void {
  if (t.kind === "started")
    rows.putAttempt({
      plan_pk,
      feature_id: t.feature.id,
      attempt: t.feature.attempt,
      session_pk: at.session_pk,
      started_unix_ms: at.time_unix_ms,
      ended_unix_ms: null,
      outcome: null,
      start_quality: at.time_quality,
      end_quality: null,
    });
  if (t.kind !== "ended" && t.kind !== "reset") return;
  const known = rows.attempt(plan_pk, t.feature.id, t.feature.attempt);
  if (!known) return;
  rows.putAttempt({
    ...known,
    session_pk: known.session_pk ?? at.session_pk,
    ended_unix_ms: Math.max(known.started_unix_ms, at.time_unix_ms),
    outcome: t.kind === "reset" ? "reset" : t.feature.status,
    end_quality: at.time_quality,
  });
}

/** A start that no scan has seen lies somewhere before its end: at the earliest after what was known before. */
function impliedStart(t: Transition, at: Moment, known: number): Partial<Moment> {
  if (t.kind !== "started" || !t.is_implied) return {};
  const time_unix_ms = known > 0 ? Math.min(known, at.time_unix_ms) : at.time_unix_ms;
  return { time_unix_ms, time_quality: "inferred", not_before_unix_ms: time_unix_ms };
}

/** Times of the first and the last round come from the transitions; everything else is as the scan found it. */
function toRow(
  plan: PlanObservation,
  before: PlanRow | null,
  state: PlanState,
  steps: readonly Step[],
): Omit<PlanRow, "plan_pk"> {
  const timeOf = (type: EventType) => steps.find((s) => s.transitions.some((t) => t.event_type === type))?.at;
  const started = timeOf("orchestration_started");
  const ended = timeOf("orchestration_completed");
  const is_open = state.rounds > state.completions;
  const worker = steps.find((s) => s.transitions.some((t) => t.kind === "started"))?.at.session_pk;
  const aliases = new Set(JSON.parse(before?.aliases ?? "[]") as string[]);
  if (before && before.name !== plan.name && before.name !== "") aliases.add(before.name);
  return {
    ...(before ?? { ...NO_PLAN, plan_key: plan.plan_key }),
    project_path: plan.project_path,
    name: plan.name,
    aliases: JSON.stringify([...aliases]),
    path: plan.path,
    place: plan.place,
    state: stateName(state, plan.place),
    session_pk: before?.session_pk ?? started?.session_pk ?? worker ?? null,
    created_unix_ms: before?.created_unix_ms ?? plan.created_unix_ms,
    started_unix_ms: before?.started_unix_ms ?? started?.time_unix_ms ?? null,
    ended_unix_ms: is_open ? null : (ended?.time_unix_ms ?? before?.ended_unix_ms ?? null),
    changed_unix_ms: Math.max(plan.changed_unix_ms, before?.changed_unix_ms ?? 0),
    revisions: state.revisions,
    rounds: state.rounds,
    completions: state.completions,
    manifest_inode: plan.manifest_inode ?? before?.manifest_inode ?? null,
    manifest_hash: plan.manifest_hash ?? before?.manifest_hash ?? null,
  };
}

function isSame(before: PlanRow, row: Omit<PlanRow, "plan_pk">): boolean {
  return Bun.deepEquals({ ...row, plan_pk: before.plan_pk }, before);
}

/** The event of a transition; its id is the same each time it is derived. */
export function toEvent(
  plan: Pick<PlanRow, "plan_key" | "name" | "path" | "project_path">,
  t: Exclude<Transition, { kind: "reset" }>,
  event_type: EventType,
  { session_pk, time_unix_ms, ...at }: Moment,
  sessions: Sessions,
): MetricEvent {
  const [feature, count] =
    t.kind === "plan" ? ["-", t.count] : [t.feature.id, t.kind === "feature" ? 0 : t.feature.attempt];
  const data = {
    plan_key: plan.plan_key,
    plan_name: plan.name,
    plan_path: plan.path,
    project_path: plan.project_path,
    ...(t.kind === "plan" ? t.data : featureData(t.feature, t.kind === "feature")),
    ...(t.kind === "started" && t.is_implied && { inferred: true }),
    ...at,
  };
  const event_id = `plan:${plan.plan_key}:${event_type}:${feature}:${count}`;
  const session = sessions.of(session_pk);
  const base = { event_id, source: "plan", origin: "manifest", ...session, time_unix_ms } as const;
  return createEvent(event_type, base, data as DataOf<EventType>);
}

function featureData(f: KnownFeature, isNew: boolean): Record<string, unknown> {
  const { id: feature_id, description, depends_on, edge_cases, decisions, verification, attempt, status } = f;
  const data = { feature_id, description: description.slice(0, 500) };
  return isNew
    ? { ...data, depends_on, edge_cases, decisions, verification: verification.slice(0, 500) }
    : { ...data, attempt, status };
}
