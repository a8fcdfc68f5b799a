import type { Database } from "bun:sqlite";

/** One plan with a feature that is under way, of the rig's first session. */
export function seedPlan(db: Database): void {
  db.run(
    `insert into plans (plan_key, project_path, name, aliases, path, place, state, session_pk, started_unix_ms, revisions, rounds,
       completions) values ('k1', '/w/shop', 'plan-1', '[]', '/w/shop/x', 'active', 'active', 1, 0, 1, 1, 0)`,
  );
  db.run(`insert into plan_features (plan_pk, feature_id, position, layer, description, file, depends_on,
    edge_cases, decisions, verification, status, attempt)
    values (1, 'F1', 0, 0, 'First', '', '[]', '[]', '[]', '', 'in_progress', 1)`);
  db.run(`insert into plan_attempts (plan_pk, feature_id, attempt, session_pk, started_unix_ms, start_quality)
    values (1, 'F1', 1, 1, 0, 'exact')`);
}
