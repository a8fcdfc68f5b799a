import { constants, Database } from "bun:sqlite";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** SQLite needs an index file beside a database with a log, and cannot create it there. */
export function isWriteRefused(cause: unknown): boolean {
  const code = (cause as { code?: string } | null)?.code ?? "";
  return code.startsWith("SQLITE_CANTOPEN") || code.startsWith("SQLITE_READONLY");
}

/**
 * A database in a read-only folder: a mounted backup, another user's files. Without a log it cannot change and is read
 * in place; with one it is copied first, as only the log has the newest rows.
 */
export function openUnwritable(path: string): Database {
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0) {
    const uri = `file:${path.replace(/[%?#]/g, encodeURIComponent)}?immutable=1`;
    return new Database(uri, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI);
  }
  const folder = mkdtempSync(join(tmpdir(), "hall-monitor-"));
  try {
    const copy = join(folder, "hall.db");
    for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, copy + suffix);
    const db = new Database(copy, { readonly: true, strict: true });
    // From here on the files exist only through its handles.
    db.query("select count(*) from sqlite_master").get();
    return db;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
