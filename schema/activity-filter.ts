import type { Activity } from "./activity.ts";

/** Beside the states: without a sign for long, within a tool call that has no end yet. Without zod: the page loads it. */
export const UNFINISHED = "unfinished";

/** Whether an activity is one of the named states, or unfinished where that is named. */
export function isAmong(activity: Pick<Activity, "state" | "tool">, names: readonly string[]): boolean {
  if (names.includes(activity.state)) return true;
  return activity.state === "unknown" && activity.tool !== null && names.includes(UNFINISHED);
}
