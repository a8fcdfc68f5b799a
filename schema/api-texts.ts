import * as z from "zod";
import { SOURCES } from "./events.ts";
import { TEXT_ROLES } from "./texts.ts";

const textOrNull = z.string().nullable();

/** One text of a conversation. */
export const TranscriptItem = z.object({
  id: z.string().describe("id of the text; pass it as `around` to the transcript route"),
  role: z.enum(TEXT_ROLES),
  agent_id: z.string().describe("empty on the main thread"),
  prompt_id: textOrNull,
  tool_use_id: textOrNull,
  tool_name: textOrNull,
  is_error: z.boolean(),
  time_unix_ms: z.int(),
  text: z.string(),
  whole_chars: z.int().nullable().describe("length of the whole text where it was cut; null = it is whole"),
});
export type TranscriptItem = z.infer<typeof TranscriptItem>;

export const Transcript = z.object({
  session_key: z.string(),
  items: z.array(TranscriptItem).describe("oldest first"),
  before_cursor: textOrNull.describe("cursor of the page before; null = this is the beginning"),
  after_cursor: textOrNull.describe("cursor of the page after; null = this is the end"),
  is_complete: z.boolean().describe("false while text of this session has not been read yet"),
  counts: z
    .partialRecord(z.enum(TEXT_ROLES), z.int())
    .nullable()
    .describe("texts of each role, whatever `role` asks for; null on a page behind a cursor"),
});
export type Transcript = z.infer<typeof Transcript>;

const HIT_KINDS = ["title", ...TEXT_ROLES] as const;
export const SearchHit = z.object({
  kind: z.enum(HIT_KINDS),
  id: textOrNull.describe("the text's place in its transcript; null for a title"),
  session_key: z.string(),
  source: z.enum(SOURCES),
  project: textOrNull,
  title: textOrNull.describe("of the session, as shown"),
  agent_id: z.string(),
  tool_name: textOrNull,
  is_error: z.boolean(),
  time_unix_ms: z.int(),
  snippet: z.string(),
  marks: z.array(z.tuple([z.int(), z.int()])).describe("matches, as [start, end) in the snippet"),
});
export type SearchHit = z.infer<typeof SearchHit>;

export const SearchAnswer = z.object({
  hits: z.array(SearchHit).describe("titles first, then texts, best first among the newest that match"),
  unread_files: z.int().nonnegative().describe("files with text that has not been read yet"),
});
