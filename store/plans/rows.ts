import type { Database } from "bun:sqlite";
import type { ArchiveLine } from "../archive-lines.ts";
import type { Sessions } from "../commit-sessions.ts";
import { writer } from "../database.ts";
import { parseSessionKey } from "../queries/scope.ts";
import { valuesOf } from "../row-code.ts";
import { columnsOf, insertInto, type Row, type Table } from "../table.ts";
import { PLAN_ATTEMPTS, PLAN_FEATURES, PLANS } from "../tables/plans.ts";
import type { KnownFeature } from "./transitions.ts";

export type PlanRow = Row<typeof PLANS>;
export type FeatureRow = Row<typeof PLAN_FEATURES>;
export type AttemptRow = Row<typeof PLAN_ATTEMPTS>;
type LineOf<K extends ArchiveLine["kind"]> = Extract<ArchiveLine, { kind: K }>;

const PLAN = columnsOf(PLANS).filter((name) => name !== "plan_pk");
const FEATURE = columnsOf(PLAN_FEATURES).filter((name) => name !== "feature_pk");
const ATTEMPT = columnsOf(PLAN_ATTEMPTS).filter((name) => name !== "attempt_pk");
const planValues = valuesOf(PLANS, PLAN);
const featureValues = valuesOf(PLAN_FEATURES, FEATURE);
const attemptValues = valuesOf(PLAN_ATTEMPTS, ATTEMPT);

/** A later state of a row replaces the earlier one; an unchanged row is not written. */
function upsert<T extends Table>(table: T, columns: readonly string[], key: string): string {
  const others = columns.filter((name) => !key.split(", ").includes(name));
  const set = others.map((name) => `${name} = excluded.${name}`).join(", ");
  return insertInto(table, columns as never, `on conflict (${key}) do update set ${set}`);
}

/**
 * Writes and finds the rows of plans, whether they come from a scan or from an archive. The caller holds the
 * transaction.
 */
export function planRows(db: Database, sessions: Sessions) {
  const find = db.query<PlanRow, [string]>("select * from plans where plan_key = ?");
  const features = db.query<FeatureRow, [number]>(
    "select * from plan_features where plan_pk = ? order by feature_pk",
  );
  const attempt = db.query<AttemptRow, [number, string, number]>(
    "select * from plan_attempts where plan_pk = ? and feature_id = ? and attempt = ?",
  );
  const put = {
    plan: writer(db, upsert(PLANS, PLAN, "plan_key")),
    feature: writer(db, upsert(PLAN_FEATURES, FEATURE, "plan_pk, feature_id")),
    attempt: writer(db, upsert(PLAN_ATTEMPTS, ATTEMPT, "plan_pk, feature_id, attempt")),
  };

  function putPlan(row: Omit<PlanRow, "plan_pk">): number {
    put.plan(planValues(row));
    return find.get(row.plan_key)!.plan_pk;
  }
  /** An archive may name a plan before its own line. */
  const pkOf = (plan_key: string): number => find.get(plan_key)?.plan_pk ?? putPlan({ ...NO_PLAN, plan_key });

  return {
    find: (plan_key: string): PlanRow | null => find.get(plan_key),
    features: (plan_pk: number): FeatureRow[] => features.all(plan_pk),
    attempt: (plan_pk: number, feature_id: string, n: number): AttemptRow | null =>
      attempt.get(plan_pk, feature_id, n),
    putPlan,
    putFeature: (row: Omit<FeatureRow, "feature_pk">): void => void put.feature(featureValues(row)),
    putAttempt: (row: Omit<AttemptRow, "attempt_pk">): void => void put.attempt(attemptValues(row)),
    restore: restorers(sessions, putPlan, pkOf, put),
  };
}

type PutRow = Record<"feature" | "attempt", ReturnType<typeof writer>>;

/** Lines of an archive as rows. */
function restorers(
  sessions: Sessions,
  putPlan: (row: Omit<PlanRow, "plan_pk">) => number,
  pkOf: (plan_key: string) => number,
  put: PutRow,
) {
  function sessionPk(key: string | undefined): number | null {
    if (key === undefined) return null;
    const { source, session_id } = parseSessionKey(key);
    return source ? sessions.pk(source, session_id) : null;
  }
  return {
    plan({ kind: _, session_key, ...line }: LineOf<"plan">): void {
      putPlan({ ...NO_PLAN, ...line, session_pk: sessionPk(session_key) });
    },
    plan_feature({ kind: _, plan_key, ...line }: LineOf<"plan_feature">): void {
      put.feature(featureValues({ changed_unix_ms: null, ...line, plan_pk: pkOf(plan_key) }));
    },
    plan_attempt({ kind: _, plan_key, session_key, ...line }: LineOf<"plan_attempt">): void {
      const absent = { ended_unix_ms: null, outcome: null, end_quality: null };
      put.attempt(
        attemptValues({ ...absent, ...line, plan_pk: pkOf(plan_key), session_pk: sessionPk(session_key) }),
      );
    },
  };
}
export type PlanRows = ReturnType<typeof planRows>;

export const NO_PLAN: Omit<PlanRow, "plan_pk" | "plan_key"> = {
  project_path: "",
  name: "",
  aliases: "[]",
  path: "",
  place: "gone",
  state: "deleted",
  session_pk: null,
  created_unix_ms: null,
  started_unix_ms: null,
  ended_unix_ms: null,
  changed_unix_ms: null,
  revisions: 0,
  rounds: 0,
  completions: 0,
  pr_url: null,
  manifest_inode: null,
  manifest_hash: null,
};

export function toKnownFeature(row: FeatureRow): KnownFeature {
  return {
    id: row.feature_id,
    status: row.status as KnownFeature["status"],
    description: row.description,
    file: row.file,
    depends_on: JSON.parse(row.depends_on) as string[],
    edge_cases: JSON.parse(row.edge_cases) as string[],
    decisions: JSON.parse(row.decisions) as string[],
    verification: row.verification,
    position: row.position,
    attempt: row.attempt,
  };
}
