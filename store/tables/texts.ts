import { table } from "../table.ts";
import { JOIN, OF_SESSION, SESSION_PK } from "./sessions.ts";

/** The step of the schema that brought the texts. */
export const TEXTS_SINCE = 9;
/** Data needed to restore a transcript. */
const place = { sql: "text", line: "maybe_text", digest: true, since: 11 } as const;

/** Texts that were stored together, concatenated and compressed: separately they would take twice as much space. */
export const TEXT_CHUNKS = table({
  name: "text_chunks",
  columns: {
    chunk_pk: { sql: "integer primary key" },
    /** Characters, before compression. */
    chars: { sql: "integer not null" },
    data: { sql: "blob not null" },
  },
  since: TEXTS_SINCE,
});

/** The texts of a session. Their content is a part of a chunk. */
export const TEXTS = table({
  name: "texts",
  columns: {
    text_pk: { sql: "integer primary key" },
    session_pk: SESSION_PK,
    ...OF_SESSION,
    item_key: { sql: "text not null", line: "text", digest: true },
    agent_id: { sql: "text not null", line: "text_or_empty", digest: true },
    role: { sql: "text not null", line: "role", digest: true },
    prompt_id: { sql: "text", line: "maybe_text", digest: true },
    tool_use_id: { sql: "text", line: "maybe_text", digest: true },
    tool_name: { sql: "text", line: "maybe_text", digest: true },
    is_error: { sql: "integer not null default 0", line: "count_or_0", digest: true },
    time_unix_ms: { sql: "integer not null", line: "int", digest: true },
    whole_chars: { sql: "integer", line: "maybe_int", digest: true },
    /** Hash of the text: equal texts of any session are stored once. */
    text_hash: { sql: "text not null", digest: true },
    chunk_pk: { sql: "integer not null references text_chunks" },
    chunk_start: { sql: "integer not null" },
    chunk_chars: { sql: "integer not null" },
    response_id: place,
    record: { ...place, line: "record" },
    follows: place,
    /** Read from the chunk when a line is written. */
    text: { from: "''", line: "text" },
  },
  constraints: "unique (session_pk, item_key)",
  indexes: {
    texts_time: "(session_pk, time_unix_ms, text_pk)",
    texts_hash: "(text_hash)",
    texts_chunk: "(chunk_pk)",
  },
  archive: { kind: "text", join: JOIN, alias: "x", pk: "text_pk", by: "mark", fill: "text", apart: true },
  since: TEXTS_SINCE,
});

/** Index of the texts; a phrase is checked in the text itself, since positions would double the index. */
export const TEXT_INDEX = `create virtual table text_index using fts5 (
  text, content = '', contentless_delete = 1, detail = none, tokenize = "unicode61 remove_diacritics 2 tokenchars '_'");`;
