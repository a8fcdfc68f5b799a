/** Fields of a payload or an event that contain a name, a kind, an id or a reason, not text of a conversation. */
const NAMES =
  "hook_event_name|.*_type|type|kind|source|trigger|reason|model|permission_mode|.*_mode|status|level|name|outcome|error_type|" +
  "version|.*_id|.*_key|agent_type|mcp_server_name|limit_id|window|account|unit|rule|severity";

/** Kept in an event's data if no text is stored. */
export const METADATA_NAME = new RegExp(`^(?:${NAMES})$`);

/** Also kept in a payload: the sources of an event's columns. Matched at the start of a name. */
export const KEPT_NAME = new RegExp(`(?:${NAMES}|cwd|tool_name|transcript_path|agent_transcript_path)$`, "y");

/** Fields that are checked for a command of the client itself, which is not a prompt. */
export const COMMAND_FIELDS: readonly string[] = ["prompt", "session_title"];
/** The start of such a text, which is a name. Matched at its start. */
export const COMMAND_START = /\s*(?:<[a-z-]{1,30}>|\/[a-z-]{1,30}(?!\S))/y;
/** Names of nested fields, as opposed to text. Matched at their start. */
export const FIELD_NAME = /[A-Za-z_][\w.-]{0,39}$/y;
