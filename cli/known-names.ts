import type { Database } from "bun:sqlite";
import { AppError } from "../schema/errors.ts";
import { isProject, projectName } from "../schema/projects.ts";
import { suggest } from "../schema/suggest.ts";
import { knownNames } from "../store/queries/known-names.ts";
import type { LimitKey } from "../store/queries/limits.ts";

/** Limit of names in a hint. */
export const MOST_NAMED = 8;

/** An unknown name; the hint has the nearest one, or the known ones. */
export function unknownName(kind: string, name: string, known: readonly string[]): AppError {
  const names = [...new Set(known)];
  const meant = suggest(name, names);
  const list = names.slice(0, MOST_NAMED).join(", ");
  const hint =
    meant !== undefined ? `did you mean ${meant}?` : list === "" ? "none is stored yet" : `known: ${list}`;
  return new AppError("not_found", `${kind} ${name} not found`, { hint });
}

/** An empty result would read as a project or a model without usage. */
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

type LimitNames = { source?: string | undefined; window?: string | undefined; account?: string | undefined };

/** Names of every sampled window; a window is searched among those of its agent, then of its account. */
export function requireLimit(keys: readonly LimitKey[], { source, window, account }: LimitNames): void {
  if (window === undefined && account === undefined) return;
  const ofAgent = keys.filter((k) => source === undefined || k.source === source);
  const agent = source === undefined ? "" : `${source}:`;
  const windows = (of: readonly LimitKey[]) => of.map((k) => `${agent}${k.window}`);
  if (account !== undefined && !ofAgent.some((k) => k.account === account))
    throw unknownName(
      "Account",
      account,
      ofAgent.map((k) => k.account),
    );
  if (window === undefined || ofAgent.some((k) => k.window === window && isOf(k, account))) return;
  if (!ofAgent.some((k) => k.window === window))
    throw unknownName("Window", `${agent}${window}`, windows(ofAgent));
  throw new AppError("not_found", `Account ${account} has no window ${agent}${window}`, {
    hint: `known: ${[...new Set(windows(ofAgent.filter((k) => isOf(k, account))))].join(", ")}`,
  });
}

const isOf = (key: LimitKey, account: string | undefined) => account === undefined || key.account === account;
