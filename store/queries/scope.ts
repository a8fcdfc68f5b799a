import type { Database } from "bun:sqlite";
import { SOURCES, type SourceName } from "../../schema/event-names.ts";
import { isProject } from "../../schema/projects.ts";

/** The sessions of a query; the same filter for the headline and for every panel below it. */
export type Scope = {
  session_id?: string | undefined;
  source?: SourceName | undefined;
  project?: string | undefined;
  account?: string | undefined;
};
export type Params = Record<string, string | number>;
export type Condition = { sql: string; params: Params };

/** `claude:<id>` names one session; a bare id may be a session of either agent. */
export function parseSessionKey(key: string): { source?: SourceName; session_id: string } {
  const colon = key.indexOf(":");
  const source = SOURCES.find((s) => s === key.slice(0, colon));
  return source ? { source, session_id: key.slice(colon + 1) } : { session_id: key };
}

export function likePattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, (c) => `\\${c}`)}%`;
}

/** A project has many spellings, which SQL cannot compare: there are few paths, so all of them are compared. */
const pathsOf = (db: Database, project: string): string[] =>
  projectPaths(db).filter((path) => isProject(path, project));

/** Of every session, each once. */
export function projectPaths(db: Database): string[] {
  return db
    .query<{ path: string }, []>(
      "select distinct project_path as path from sessions where project_path is not null",
    )
    .all()
    .map((row) => row.path);
}

/** Conditions on the table `sessions s`. */
export function sessionConditions(db: Database, scope: Scope): Condition {
  const parts: string[] = [];
  const params: Params = {};
  if (scope.session_id !== undefined) {
    const key = parseSessionKey(scope.session_id);
    parts.push("s.source_session_id = $session_id");
    params.session_id = key.session_id;
    if (key.source) {
      parts.push("s.source = $key_source");
      params.key_source = key.source;
    }
  }
  if (scope.source !== undefined) {
    parts.push("s.source = $source");
    params.source = scope.source;
  }
  if (scope.account !== undefined) {
    parts.push("coalesce(s.account, 'default') = $account");
    params.account = scope.account;
  }
  if (scope.project !== undefined) {
    parts.push("s.project_path in (select value from json_each($project_paths))");
    params.project_paths = JSON.stringify(pathsOf(db, scope.project));
  }
  return { sql: parts.join(" and "), params };
}

/**
 * The same as a condition on a column that holds a session_pk. The unary plus keeps SQLite on the index by which the
 * rest of the query is ordered, instead of one search per session.
 */
export function inScope(db: Database, scope: Scope, column: string): Condition {
  const { sql, params } = sessionConditions(db, scope);
  if (!sql) return { sql: "true", params };
  const by = scope.session_id === undefined ? `+${column}` : column;
  return { sql: `${by} in (select s.session_pk from sessions s where ${sql})`, params };
}
