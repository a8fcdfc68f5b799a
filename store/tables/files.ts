import { columnsOf, table } from "../table.ts";
import { TEXTS_SINCE } from "./texts.ts";

export const META = table({
  name: "meta",
  columns: { key: { sql: "text primary key" }, value: { sql: "text not null" } },
  without_rowid: true,
});

/** Cursor of a file, without its path. */
const PROGRESS = {
  source: { sql: "text not null" },
  inode: { sql: "integer not null" },
  birth_unix_ms: { sql: "integer not null" },
  size_bytes: { sql: "integer not null" },
  mtime_unix_ms: { sql: "integer not null" },
  offset: { sql: "integer not null" },
  /** Hash of the first bytes and of the bytes before `offset`: distinguishes a rewrite from an append. */
  fingerprint: { sql: "text not null" },
  state: { sql: "text not null" },
  /** What the parser must remember between two reads, as JSON; empty if nothing. */
  parser_state: { sql: "text not null" },
} as const;

/** How far each file was read; moved in the transaction that stores what was read. */
export const FILES = table({
  name: "files",
  columns: {
    file_pk: { sql: "integer primary key" },
    path: { sql: "text not null unique" },
    ...PROGRESS,
  },
  indexes: { files_inode: "(inode)" },
});

/** How far the texts of each file were read; history is read for its figures first. */
export const TEXT_CURSORS = table({
  name: "text_cursors",
  columns: { path: { sql: "text primary key" }, ...PROGRESS },
  without_rowid: true,
  since: TEXTS_SINCE,
});

export const CURSOR_COLUMNS = columnsOf(FILES).filter((name) => name !== "file_pk");

/** Lines that could not be used. Counted and shown; their neighbours are never affected. */
export const REJECTS = table({
  name: "rejects",
  columns: {
    reject_pk: { sql: "integer primary key" },
    source: { sql: "text not null", line: "source", digest: true },
    path: { sql: "text not null", line: "text" },
    offset: { sql: "integer not null", line: "count", digest: true },
    length_bytes: { sql: "integer not null", line: "count", digest: true },
    reason: { sql: "text not null", line: "reason", digest: true },
    /** At most 200 characters; no payload text beyond what shows where it broke. */
    detail: { sql: "text not null", line: "text", digest: true },
    time_unix_ms: { sql: "integer not null", line: "int" },
  },
  constraints: "unique (path, offset, reason)",
  archive: { kind: "reject", alias: "x", pk: "reject_pk", by: "mark" },
});

export const IGNORED_LINES = table({
  name: "ignored_lines",
  columns: {
    source: { sql: "text not null" },
    kind: { sql: "text not null" },
    lines: { sql: "integer not null" },
  },
  constraints: "primary key (source, kind)",
  without_rowid: true,
});

/** Rows without a number of their own that are to be archived, for the first time or again. */
export const ARCHIVE_PENDING = table({
  name: "archive_pending",
  columns: {
    kind: { sql: "text not null" },
    row_pk: { sql: "integer not null" },
    key: { sql: "text not null" },
  },
  constraints: "primary key (kind, row_pk, key)",
  without_rowid: true,
});
