import type { SourceName } from "./event-names.ts";

/** The origin of a text: a person, the model, its reasoning, a tool's input or output, or the client itself. */
export const TEXT_ROLES = ["prompt", "answer", "thinking", "tool_input", "tool_output", "context"] as const;
export type TextRole = (typeof TEXT_ROLES)[number];

/** Kinds of records that the role does not identify: origin of a message, form of a call, a compaction's summary. */
export const TEXT_RECORDS = ["developer", "system", "custom_tool", "local_shell", "summary"] as const;
export type TextRecord = (typeof TEXT_RECORDS)[number];

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
  /** The response that it belongs to, if the client names it. */
  response_id?: string | undefined;
  /** Absent if the role identifies it. */
  record?: TextRecord | undefined;
  /**
   * The line that it follows, unless that is the text before it in its file. Claude Code: the line's id, empty if it
   * follows none, or LINE_BEFORE; then the short ids of the lines without text in between, from the last one. Codex:
   * `<thread>:o<first ordinal that is left out>`, on the first text of a file that goes on from another.
   */
  follows?: string | undefined;
  /** Set on the output of a tool that failed. */
  is_error?: boolean | undefined;
  time_unix_ms: number;
  text: string;
  /** Length before truncation; absent = not truncated. */
  whole_chars?: number | undefined;
};

/** In `follows`: the text before it in its file. */
export const LINE_BEFORE = "^";

/** Enough of a line's id to distinguish it from all others of its session. */
export function shortLine(uuid: string): string {
  return uuid.slice(0, 13);
}

/** Stored characters of one text; a longer one is truncated and marked. */
export const TEXT_LIMIT_CHARS = 64 * 1024;
