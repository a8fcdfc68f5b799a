/** Fields of a payload or an event that hold a name, a kind, an id or a reason: they are no words of a conversation. */
const NAMES =
  "hook_event_name|.*_type|type|kind|source|trigger|reason|model|permission_mode|.*_mode|status|level|name|outcome|error_type|" +
  "version|.*_id|.*_key|agent_type|mcp_server_name|limit_id|window|account|unit|rule|severity";

/** Kept of an event's data where no words are. */
export const METADATA_NAME = new RegExp(`^(?:${NAMES})$`);

/** Kept of a payload, too: what the columns of an event are made of. Tried where a name begins. */
export const KEPT_NAME = new RegExp(`(?:${NAMES}|cwd|tool_name|transcript_path|agent_transcript_path)$`, "y");

/** Fields that are checked for a command of the client itself, which is not a prompt. */
export const COMMAND_FIELDS: readonly string[] = ["prompt", "session_title"];
/** How such a text begins: this much of it is a name. Tried at its start. */
export const COMMAND_START = /\s*(?:<[a-z-]{1,30}>|\/[a-z-]{1,30}(?!\S))/y;
/** Names below the top that are a field's, and not words. Tried at their start. */
export const FIELD_NAME = /[A-Za-z_][\w.-]{0,39}$/y;
