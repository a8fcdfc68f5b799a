import type { SourceName } from "./event-names.ts";

/** The origin of a text: a person, the model, its reasoning, a tool's input or output, or the client itself. */
export const TEXT_ROLES = ["prompt", "answer", "thinking", "tool_input", "tool_output", "context"] as const;
export type TextRole = (typeof TEXT_ROLES)[number];

/** One text of a conversation, at one place of one file. */
export type TextObservation = {
  source: SourceName;
  session_id: string;
  /** The same text in every copy of its line: `<line uuid>:<block>` (Claude), `<thread>:<ordinal or offset>:<block>` (Codex). */
  item_key: string;
  /** Empty on the main thread. */
  agent_id: string;
  role: TextRole;
  prompt_id?: string | undefined;
  tool_use_id?: string | undefined;
  tool_name?: string | undefined;
  /** Set on the output of a tool that failed. */
  is_error?: boolean | undefined;
  time_unix_ms: number;
  text: string;
  /** Length before it was cut to the largest that is kept; absent = it is whole. */
  whole_chars?: number | undefined;
};

/** Characters of one text that are kept; what is longer is cut and marked so. */
export const TEXT_LIMIT_CHARS = 64 * 1024;
