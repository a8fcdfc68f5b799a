import type { Database } from "bun:sqlite";
import type { Cursor } from "./batch.ts";
import { writer } from "./database.ts";
import { valuesOf } from "./row-code.ts";
import { insertInto } from "./table.ts";
import { CURSOR_COLUMNS, FILES, TEXT_CURSORS } from "./tables/files.ts";

const cursorValues = valuesOf(FILES, CURSOR_COLUMNS);
const textCursorValues = valuesOf(TEXT_CURSORS, CURSOR_COLUMNS);

/** Stores cursors in the transaction that stores what was read up to them. */
export function cursorWriter(db: Database) {
  const find = db.query<{ file_pk: number }, [string]>("select file_pk from files where path = ?");
  // One statement with `returning` takes ten times as long as these two.
  const create = writer(db, insertInto(FILES, CURSOR_COLUMNS));
  const move = writer(
    db,
    `update files set ${CURSOR_COLUMNS.map((name) => `${name} = ?`).join(", ")} where file_pk = ?`,
  );
  const moved = CURSOR_COLUMNS.map((name) => `${name} = excluded.${name}`).join(", ");
  const putTexts = writer(
    db,
    insertInto(TEXT_CURSORS, CURSOR_COLUMNS, `on conflict (path) do update set ${moved}`),
  );

  /** Live, most cursors are stored already; in an import, none is. */
  function putCursor(cursor: Cursor): number {
    const known = find.get(cursor.path);
    const values = cursorValues(cursor);
    if (known) move([...values, known.file_pk]);
    return known?.file_pk ?? Number(create(values).lastInsertRowid);
  }

  return {
    putCursor,
    putTextCursor: (cursor: Cursor): void => void putTexts(textCursorValues(cursor)),
    /** For a file that is known only by rows of another data directory: if it exists here, it is read from its start. */
    fileNamed: (path: string, source: Cursor["source"]): number =>
      find.get(path)?.file_pk ?? putCursor({ ...NO_FILE, path, source }),
  };
}

const NO_FILE: Omit<Cursor, "path" | "source"> = {
  inode: 0,
  birth_unix_ms: 0,
  size_bytes: -1,
  mtime_unix_ms: 0,
  offset: 0,
  fingerprint: "",
  state: "deleted",
  parser_state: "",
};
