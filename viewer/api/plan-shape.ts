import { basename } from "node:path";
import type { Plan, PlanDetail, PlanGraph } from "../../schema/api-plans.ts";
import { FEATURE_STATUSES, type FeatureStatus } from "../../schema/plan.ts";
import { criticalPath, layersOf } from "../../store/plans/graph.ts";
import type { FeatureRow } from "../../store/plans/rows.ts";
import type { planUsageQueries } from "../../store/queries/plan-usage.ts";
import type { AttemptOfPlan, ListedPlan, planQueries } from "../../store/queries/plans.ts";
import { toTotals } from "../../store/queries/totals.ts";
import { addSums, noSums } from "../../store/sums.ts";

type Queries = ReturnType<typeof planQueries>;
type Usage = ReturnType<typeof planUsageQueries>;
const list = (text: string) => JSON.parse(text) as string[];
const node = (f: FeatureRow) => ({ id: f.feature_id, depends_on: list(f.depends_on) });

export function toPlans(queries: Queries, usage: Usage, rows: ListedPlan[], now: number): Plan[] {
  const counts = Map.groupBy(queries.countsOf(rows.map((r) => r.plan_pk)), (c) => c.plan_pk);
  return rows.map((row) => {
    const by = Object.fromEntries(FEATURE_STATUSES.map((s) => [s, 0])) as Record<FeatureStatus, number>;
    for (const { status, features } of counts.get(row.plan_pk) ?? []) by[status] = features;
    const features = Object.values(by).reduce((a, b) => a + b, 0);
    const { started_unix_ms, ended_unix_ms } = row;
    return {
      plan_key: row.plan_key,
      name: row.name,
      aliases: list(row.aliases),
      project: basename(row.project_path),
      project_path: row.project_path,
      path: row.path,
      state: row.state as Plan["state"],
      features,
      counts: by,
      progress_percent: features === 0 ? null : Math.floor((by.completed * 100) / features),
      session_key: row.session_key,
      created_unix_ms: row.created_unix_ms,
      started_unix_ms,
      ended_unix_ms,
      duration_ms: started_unix_ms === null ? null : Math.max(0, (ended_unix_ms ?? now) - started_unix_ms),
      pr_url: row.pr_url,
      eta: row.state === "active" && by.completed >= FEWEST ? etaOf(queries, row, now) : null,
      totals: toTotals(usage.totalOf(row) ?? noSums()),
    };
  });
}

export function toPlanDetail(queries: Queries, usage: Usage, row: ListedPlan, now: number): PlanDetail {
  const features = queries.featuresOf(row.plan_pk);
  const attempts = queries.attemptsOf(row.plan_pk);
  const byFeature = Map.groupBy(attempts, (a) => a.feature_id);
  const split = usage.splitOf(row, features, attempts);
  // Totals and parts come from one read, so that they add up while requests arrive.
  const total = noSums();
  for (const part of [...split.features.values(), split.overhead]) addSums(total, part);
  const listed = new Set(features.map((f) => f.feature_id));
  for (const [id, sums] of split.features) if (!listed.has(id)) addSums(split.overhead, sums);
  return {
    ...toPlans(queries, usage, [row], now)[0]!,
    totals: toTotals(total),
    overhead: toTotals(split.overhead),
    split: split.rules,
    feature_list: features.map((f) => {
      const of = byFeature.get(f.feature_id) ?? [];
      return {
        feature_id: f.feature_id,
        layer: f.layer,
        description: f.description,
        file: f.file,
        depends_on: list(f.depends_on),
        edge_cases: list(f.edge_cases),
        decisions: list(f.decisions),
        verification: f.verification,
        status: f.status as FeatureStatus,
        attempt: f.attempt,
        duration_ms: measured(of.at(-1)),
        attempts: of.map(toAttempt),
        totals: toTotals(split.features.get(f.feature_id) ?? noSums()),
      };
    }),
  };
}

type Attempts = PlanDetail["feature_list"][number]["attempts"];
function toAttempt(a: AttemptOfPlan): Attempts[number] {
  const { attempt, started_unix_ms, ended_unix_ms, session_key } = a;
  return {
    attempt,
    started_unix_ms,
    ended_unix_ms,
    session_key,
    outcome: a.outcome as Attempts[number]["outcome"],
    start_quality: a.start_quality as Attempts[number]["start_quality"],
    end_quality: a.end_quality as Attempts[number]["end_quality"],
  };
}

/** Duration of an attempt; null if it is in progress or one of its ends is only inferred. */
function measured(a: AttemptOfPlan | undefined): number | null {
  if (!a || a.ended_unix_ms === null || a.start_quality === "inferred" || a.end_quality === "inferred")
    return null;
  return a.ended_unix_ms - a.started_unix_ms;
}

/** Fewer measured features are not a sufficient basis. */
const FEWEST = 3;

/** Duration of the rest of the critical path, each feature with the median of the completed ones. */
function etaOf(queries: Queries, row: ListedPlan, now: number): Plan["eta"] {
  const features = queries.featuresOf(row.plan_pk);
  const durations = queries
    .attemptsOf(row.plan_pk)
    .filter((a) => a.outcome === "completed")
    .map(measured)
    .filter((ms) => ms !== null)
    .sort((a, b) => a - b);
  const left = features.filter((f) => f.status !== "completed");
  if (durations.length < FEWEST || left.length === 0) return null;
  const steps = criticalPath(left.map(node), () => 1).length || left.length;
  const at = (share: number) =>
    durations[Math.min(durations.length - 1, Math.floor(durations.length * share))]!;
  return {
    at_unix_ms: now + at(0.5) * steps,
    low_unix_ms: now + at(0.25) * steps,
    high_unix_ms: now + at(0.75) * steps,
    from: `median of ${durations.length} measured features × ${steps} left on the critical path`,
  };
}

const CLASSES: Record<FeatureStatus, string> = {
  pending: "fill:#e5e7eb,color:#111",
  in_progress: "fill:#3b82f6,color:#fff",
  completed: "fill:#10b981,color:#fff",
  failed: "fill:#ef4444,color:#fff",
};

export function toPlanGraph(queries: Queries, row: ListedPlan): PlanGraph {
  const features = queries.featuresOf(row.plan_pk);
  const nodes = features.map(node);
  const layers = layersOf(nodes);
  const took = new Map(queries.attemptsOf(row.plan_pk).map((a) => [a.feature_id, measured(a)]));
  const edges = nodes.flatMap(({ id, depends_on }) => depends_on.map((from) => ({ from, to: id })));
  const depth = Math.max(-1, ...layers.values());
  return {
    plan_key: row.plan_key,
    nodes: features.map((f) => ({
      id: f.feature_id,
      description: f.description,
      status: f.status as FeatureStatus,
      layer: layers.get(f.feature_id) ?? 0,
    })),
    edges,
    layers: Array.from({ length: depth + 1 }, (_, n) =>
      nodes.map((x) => x.id).filter((id) => layers.get(id) === n),
    ),
    critical_path: criticalPath(nodes, (id) => took.get(id) ?? 1),
    mermaid: mermaid(features, edges),
  };
}

/** Mermaid accepts only plain words as ids, so nodes are numbered. */
function mermaid(features: FeatureRow[], edges: PlanGraph["edges"]): string {
  const name = new Map(features.map((f, i) => [f.feature_id, `n${i}`]));
  const label = (text: string) => text.replace(/["\n\\[\]<>&#]/g, " ").slice(0, 60);
  return [
    "flowchart LR",
    ...features.map((f, i) => `  n${i}["${label(`${f.feature_id} ${f.description}`)}"]:::${f.status}`),
    ...edges.flatMap(({ from, to }) => (name.has(from) ? [`  ${name.get(from)} --> ${name.get(to)}`] : [])),
    ...Object.entries(CLASSES).map(([status, style]) => `  classDef ${status} ${style}`),
  ].join("\n");
}
