import type { Activity } from "./activity.ts";

/**
 * An addition to the states: silent for long within a tool call that has no end yet. No zod here, because the page
 * loads this file.
 */
export const UNFINISHED = "unfinished";

/** Whether an activity is in one of the named states, or is unfinished if that is named. */
export function isAmong(activity: Pick<Activity, "state" | "tool">, names: readonly string[]): boolean {
  if (names.includes(activity.state)) return true;
  return activity.state === "unknown" && activity.tool !== null && names.includes(UNFINISHED);
}
