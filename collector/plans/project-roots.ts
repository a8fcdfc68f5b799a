import { join } from "node:path";
import type { PlanSettings } from "../../schema/config.ts";
import { DAY_MS } from "../../schema/durations.ts";
import type { Store } from "../../store/store.ts";
import { MOST_ROOTS, realRoots } from "./places.ts";

const RECENT_MS = 30 * DAY_MS;
/** Folders come and go slowly; resolving them takes longer than listing them. */
const ROOTS_MS = 30_000;

/** The folders of projects that may contain plans. */
export function createProjectRoots(store: Store, settings: PlanSettings) {
  const { active_dir, complete_dir } = settings;
  let roots: string[] = [];
  let projects = "";
  let rootsAt = Number.NEGATIVE_INFINITY;
  return {
    all: () => roots,
    /** A project in which a session just began is scanned with the next scan. */
    refresh(at: number): void {
      const recent = store.plans.projects(at - RECENT_MS);
      const named = recent.toSorted().join("\0");
      if (named === projects && at - rootsAt < ROOTS_MS) return;
      projects = named;
      rootsAt = at;
      roots = realRoots([...settings.roots, ...recent].slice(0, MOST_ROOTS * 5));
    },
    /** Whether a changed path belongs to a plan: its folder is scanned then. */
    isOfPlan: (path: string): boolean =>
      settings.watch &&
      roots.some(
        (root) =>
          path === join(root, "manifest.jsonl") ||
          path.startsWith(`${join(root, active_dir)}/`) ||
          path.startsWith(`${join(root, complete_dir)}/`),
      ),
    /** Folders for the watcher; a folder that does not exist yet is found by a scan. */
    watched: (): string[] =>
      settings.watch
        ? roots.flatMap((root) =>
            [active_dir, complete_dir, "manifest.jsonl"].map((name) => join(root, name)),
          )
        : [],
  };
}
