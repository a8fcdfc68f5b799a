import { toPreview } from "./bound.ts";
import type { Handler } from "./payload.ts";

export const toolHandlers = {
  PreToolUse: () => ({ event_type: "tool_started" }),
  PostToolUse: ({ tool_response }) => {
    const { bytes, preview } = toPreview(tool_response);
    return {
      event_type: "tool_completed",
      data: { response_type: typeOf(tool_response), response_bytes: bytes, response_preview: preview },
    };
  },
  /** `is_interrupt` tells a failure from a person's Esc, where the client sends it. */
  PostToolUseFailure: () => ({ event_type: "tool_failed" }),
  /** The auto-mode classifier's no; a person's no fires no hook and stands in the transcript only. */
  PermissionDenied: () => ({ event_type: "tool_rejected" }),
} satisfies Record<string, Handler>;

/** Each tool answers in its own shape: an object, a list of content blocks (MCP) or plain text. */
function typeOf(value: unknown): string {
  if (value === undefined) return "none";
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
