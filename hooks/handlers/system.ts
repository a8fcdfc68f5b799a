import type { Handler } from "./payload.ts";

export const systemHandlers = {
  Notification: () => ({ event_type: "notification" }),
  PreCompact: () => ({ event_type: "compaction_started" }),
  PostCompact: () => ({ event_type: "compaction_completed" }),
  /** The question only. It has no `tool_use_id`, and no hook tells the answer. */
  PermissionRequest: ({ permission_suggestions }) => {
    const suggestion_count = Array.isArray(permission_suggestions) ? permission_suggestions.length : 0;
    return {
      event_type: "permission_requested",
      data: { has_suggestions: suggestion_count > 0, suggestion_count },
    };
  },
} satisfies Record<string, Handler>;

/** A name that this version does not know: the payload is kept for the one that will. */
export const otherHandler: Handler = () => ({ event_type: "hook_other" });
