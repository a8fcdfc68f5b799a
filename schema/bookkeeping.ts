import type { StoredData } from "./event.ts";
import type { EventType } from "./event-catalogue.ts";

/** Hooks without an event type of their own that carry an agent's question to a person, and the answer. */
export const QUESTION_HOOKS = ["Elicitation", "ElicitationResult"] as const;
export type QuestionHook = (typeof QUESTION_HOOKS)[number];

const BOOKKEEPING: readonly EventType[] = ["usage_updated", "ownership_changed", "rate_limit", "hook_other"];

/** Useful for finding a fault of the record, not for watching agents. */
export function isBookkeeping(event: { event_type: EventType; data: object }): boolean {
  if (!BOOKKEEPING.includes(event.event_type)) return false;
  const { hook_event_name }: StoredData<"hook_other"> = event.data;
  return (
    event.event_type !== "hook_other" || !QUESTION_HOOKS.some((name) => name === String(hook_event_name))
  );
}
