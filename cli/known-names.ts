import type { Database } from "bun:sqlite";
import { AppError } from "../schema/errors.ts";
import { isProject, projectName } from "../schema/projects.ts";
import { suggest } from "../schema/suggest.ts";
import { knownNames } from "../store/queries/known-names.ts";

/** Of names in a hint. */
export const MOST_NAMED = 8;

/** A name that nothing is stored under; the hint has the nearest one, or those that there are. */
export function unknownName(kind: string, name: string, known: readonly string[]): AppError {
  const names = [...new Set(known)];
  const meant = suggest(name, names);
  const list = names.slice(0, MOST_NAMED).join(", ");
  const hint =
    meant !== undefined ? `did you mean ${meant}?` : list === "" ? "none is stored yet" : `known: ${list}`;
  return new AppError("not_found", `${kind} ${name} not found`, { hint });
}

/** An empty answer would read as a project or a model without usage. */
export function requireNames(
  db: Database,
  { project, model }: { project?: string | undefined; model?: string | undefined },
): void {
  const known = knownNames(db);
  if (project !== undefined) {
    const paths = known.projects();
    if (paths.length > 0 && !paths.some((path) => isProject(path, project)))
      throw unknownName("Project", project, paths.map(projectName));
  }
  if (model === undefined) return;
  const models = known.models();
  if (models.length > 0 && !models.includes(model)) throw unknownName("Model", model, models);
}
