import type { Database } from "bun:sqlite";
import type { FeatureStatus } from "../../schema/plan.ts";
import { metaOf } from "../meta.ts";
import type { AttemptRow, FeatureRow, PlanRow } from "../plans/rows.ts";
import { PLANS_AMBIGUOUS_PRS } from "../plans/signal-writer.ts";
import { likePattern } from "./scope.ts";

export type PlanPage = {
  state?: string | undefined;
  project?: string | undefined;
  /** The last row of the page before. */
  after?: { changed_unix_ms: number; plan_pk: number } | undefined;
  limit: number;
};
export type ListedPlan = PlanRow & { session_key: string | null };
export type AttemptOfPlan = AttemptRow & { session_key: string | null };
type StatusCount = { plan_pk: number; status: FeatureStatus; features: number };

const SESSION = "s.source || ':' || s.source_session_id as session_key";
const ORDER = "coalesce(p.changed_unix_ms, 0)";

const LISTED = `select p.*, ${SESSION} from plans p left join sessions s on s.session_pk = p.session_pk`;
const OF_PROJECT = "(p.project_path = $project or p.project_path like $end escape '\\')";
const endOf = (project: string) => `%/${likePattern(project).slice(1, -1)}`;

/** Plans, their features and attempts. */
export function planQueries(db: Database) {
  const counts = db.query<StatusCount, [string]>(`
    select plan_pk, status, count(*) as features from plan_features
    where position >= 0 and plan_pk in (select value from json_each(?)) group by 1, 2`);
  const features = db.query<FeatureRow, [number]>(
    "select * from plan_features where plan_pk = ? and position >= 0 order by position",
  );
  const attempts = db.query<AttemptOfPlan, [number]>(`
    select a.*, ${SESSION} from plan_attempts a left join sessions s on s.session_pk = a.session_pk
    where plan_pk = ? order by started_unix_ms, attempt_pk`);
  const meta = metaOf(db);
  const states = db.query<{ state: string; plans: number }, []>(
    "select state, count(*) as plans from plans where name <> '' group by 1",
  );
  const statuses = db.query<{ status: string; features: number }, []>(`
    select status, count(*) as features from plan_features f join plans p using (plan_pk)
    where f.position >= 0 and p.state <> 'deleted' group by 1`);

  return {
    latest: latestPlans(db),
    find: findPlans(db),
    countsOf: (pks: number[]): StatusCount[] => counts.all(JSON.stringify(pks)),
    featuresOf: (plan_pk: number): FeatureRow[] => features.all(plan_pk),
    attemptsOf: (plan_pk: number): AttemptOfPlan[] => attempts.all(plan_pk),
    ambiguousPrs: (): number => Number(meta.get(PLANS_AMBIGUOUS_PRS) ?? 0),
    states: () => states.all(),
    statuses: () => statuses.all(),
  };
}

/** Latest change first. */
function latestPlans(db: Database) {
  return ({ state, project, after, limit }: PlanPage): ListedPlan[] => {
    const parts = ["p.name <> ''", state === undefined ? "p.state <> 'deleted'" : "p.state = $state"];
    const params: Record<string, string | number> = { limit };
    if (state !== undefined) params.state = state;
    if (project !== undefined) {
      parts.push(OF_PROJECT);
      Object.assign(params, { project, end: endOf(project) });
    }
    if (after) {
      parts.push(`(${ORDER}, p.plan_pk) < ($changed, $pk)`);
      Object.assign(params, { changed: after.changed_unix_ms, pk: after.plan_pk });
    }
    return db
      .query<ListedPlan, typeof params>(
        `${LISTED} where ${parts.join(" and ")} order by ${ORDER} desc, p.plan_pk desc limit $limit`,
      )
      .all(params);
  };
}

/** Every plan that matches a name, `project:name` or key; existing ones before deleted ones. */
function findPlans(db: Database) {
  const named = db.query<ListedPlan, { name: string; project: string | null; end: string }>(`
    ${LISTED}
    where p.name <> '' and (p.plan_key = $name or p.name = $name
      or exists (select 1 from json_each(p.aliases) where value = $name))
      and ($project is null or ${OF_PROJECT})
    order by p.state = 'deleted', p.name <> $name, ${ORDER} desc limit 20`);
  return (name: string): ListedPlan[] => {
    const all = named.all({ name, project: null, end: "" });
    const colon = name.lastIndexOf(":");
    if (all.length > 0 || colon < 0) return all;
    const project = name.slice(0, colon);
    return named.all({ name: name.slice(colon + 1), project, end: endOf(project) });
  };
}
