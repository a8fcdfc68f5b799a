import { QUESTION_HOOKS } from "../../schema/bookkeeping.ts";
import { dataPath } from "../data-path.ts";

/** SQL: whether the event `of` is one of the hooks that only serve bookkeeping. */
export const isBookkeepingHook = (of: string): string =>
  `(${of}.event_type = 'hook_other' and coalesce(${of}.data ->> ${dataPath("hook_other", "hook_event_name")}, '')
    not in (${QUESTION_HOOKS.map((name) => `'${name}'`).join(", ")}))`;
