import type { Database } from "bun:sqlite";
import type { Cursor } from "./batch.ts";
import { CURSOR_COLUMNS } from "./tables/files.ts";

/** How far each file was read, and the state of each file. */
export function fileCursors(db: Database) {
  const q = statements(db);
  return {
    cursors: (): Cursor[] => q.cursors.all(),
    textCursors: (): Cursor[] => q.textCursors.all(),
    /** A renamed file keeps its cursor. */
    moveFile: (from: string, to: string): void => void q.move.run(to, from),
    /** Sessions of a folder that were read before its account had an alias. */
    nameAccount: (folder: string, alias: string): void =>
      void q.nameAccount.run(alias, `${folder}/`, `${folder}0`),
    markFile: (path: string, state: Cursor["state"]): void => void q.mark.run(state, path),
    deleteFile: (path: string): void => void q.deleteFile.run(path),
    /** Resets how far a source was read, so that all of it is read again; stored rows are kept. */
    rewind: db.transaction((source: Cursor["source"]): void => {
      q.rewind.run(source);
      q.forgetIgnored.run(source);
    }).immediate,
  };
}

function statements(db: Database) {
  return {
    cursors: db.query<Cursor, []>(`select ${CURSOR_COLUMNS.join(", ")} from files`),
    textCursors: db.query<Cursor, []>(`select ${CURSOR_COLUMNS.join(", ")} from text_cursors`),
    move: db.query("update or replace files set path = ? where path = ?"),
    // From "folder/" up to "folder0", which is the next text after all that begin so.
    nameAccount: db.query(
      "update sessions set account = ?1 where transcript_path >= ?2 and transcript_path < ?3 and account is not ?1",
    ),
    mark: db.query("update files set state = ? where path = ?"),
    deleteFile: db.query("delete from files where path = ?"),
    rewind: db.query(
      "update files set offset = 0, fingerprint = '', parser_state = '', size_bytes = -1 where source = ?",
    ),
    forgetIgnored: db.query("delete from ignored_lines where source = ?"),
  };
}
