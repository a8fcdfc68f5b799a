import type { Database } from "bun:sqlite";

/** Names that rows are stored under, for an error that suggests the one that was meant. */
export function knownNames(db: Database) {
  const names = (sql: string) =>
    db
      .query<{ name: string }, []>(sql)
      .all()
      .map((row) => row.name);
  return {
    projects: () =>
      names("select distinct project_path as name from sessions where project_path is not null"),
    models: () => names("select distinct model as name from usage_rollup where model != ''"),
  };
}
