import type { Database } from "bun:sqlite";
import { projectPaths } from "./scope.ts";

/** Stored names, for an error that suggests a similar one. */
export function knownNames(db: Database) {
  const models = db.query<{ name: string }, []>(
    "select distinct model as name from usage_rollup where model != ''",
  );
  return {
    projects: () => projectPaths(db),
    models: () => models.all().map((row) => row.name),
  };
}
