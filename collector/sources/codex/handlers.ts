import type { Handler } from "./parse-context.ts";
import { tokenCount, usageRecord } from "./requests.ts";
import { sessionMeta, threadSettings } from "./session.ts";
import { agentItem, toolCall, toolEnd, toolItem, toolOutput, webSearch } from "./tools.ts";
import {
  compacted,
  compactionAnnounced,
  errorMessage,
  taskComplete,
  taskStarted,
  turnAborted,
  turnContext,
  userItem,
  userMessage,
} from "./turns.ts";

/** Every kind of line with used data: `type`, `type/payload.type`, `item/payload.item.type`. */
export const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["session_meta", sessionMeta],
  ["turn_context", turnContext],
  ["token_usage_record", usageRecord],
  ["compacted", compacted],
  ["event_msg/token_count", tokenCount],
  ["event_msg/task_started", taskStarted],
  ["event_msg/turn_started", taskStarted],
  ["event_msg/task_complete", taskComplete],
  ["event_msg/turn_complete", taskComplete],
  ["event_msg/turn_aborted", turnAborted],
  ["event_msg/thread_settings_applied", threadSettings],
  ["event_msg/user_message", userMessage],
  ["event_msg/context_compacted", compactionAnnounced],
  ["event_msg/error", errorMessage],
  ["event_msg/stream_error", errorMessage],
  ["event_msg/exec_command_end", toolEnd],
  ["event_msg/patch_apply_end", toolEnd],
  ["event_msg/mcp_tool_call_end", toolEnd],
  ["item/UserMessage", userItem],
  ["item/CommandExecution", toolItem],
  ["item/FileChange", toolItem],
  ["item/McpToolCall", toolItem],
  ["item/CollabAgentToolCall", agentItem],
  ["item/SubAgentActivity", agentItem],
  ["item/ContextCompaction", compactionAnnounced],
  ["response_item/function_call", toolCall],
  ["response_item/custom_tool_call", toolCall],
  ["response_item/local_shell_call", toolCall],
  ["response_item/web_search_call", webSearch],
  ["response_item/function_call_output", toolOutput],
  ["response_item/custom_tool_call_output", toolOutput],
]);

/** Known kinds without used data. Kinds on neither list are counted as unknown, for `doctor`. */
export const IGNORED: ReadonlySet<string> = new Set([
  "world_state",
  "inter_agent_communication_metadata",
  "response_item/message",
  "response_item/reasoning",
  "response_item/additional_tools",
  "response_item/agent_message",
  "response_item/ghost_snapshot",
  "response_item/compaction",
  "event_msg/agent_message",
  "event_msg/agent_reasoning",
  "event_msg/agent_reasoning_raw_content",
  "event_msg/agent_reasoning_section_break",
  "event_msg/entered_review_mode",
  "event_msg/exited_review_mode",
  "event_msg/thread_name_updated",
  "event_msg/thread_rolled_back",
  "event_msg/thread_goal_updated",
  "event_msg/web_search_begin",
  "event_msg/web_search_end",
  "event_msg/view_image_tool_call",
  "item/AgentMessage",
  "item/Reasoning",
  "item/Plan",
  "item/WebSearch",
  "item/ImageView",
  "item/EnteredReviewMode",
  "item/ExitedReviewMode",
]);

/** Only the head of these lines is used, however long they are. */
export const HEAD_IS_ENOUGH: ReadonlySet<string> = new Set(["compacted"]);

/** A sign that the model answered, so that equal figures are two answers. */
export const ANSWERS: ReadonlySet<string> = new Set([
  "response_item/message",
  "response_item/reasoning",
  "event_msg/agent_message",
  "event_msg/agent_reasoning",
]);

/** Output of a tool, as the model received it. */
export const OUTPUTS: ReadonlySet<string> = new Set([
  "response_item/function_call_output",
  "response_item/custom_tool_call_output",
]);
