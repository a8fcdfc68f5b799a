import { constants, Database } from "bun:sqlite";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** SQLite keeps an index beside a database with a log, and cannot make it there. */
export function isWriteRefused(cause: unknown): boolean {
  const code = (cause as { code?: string } | null)?.code ?? "";
  return code.startsWith("SQLITE_CANTOPEN") || code.startsWith("SQLITE_READONLY");
}

/**
 * A database in a folder that takes no writes: a mounted backup, another user's files. Without a log it cannot change, and
 * is read as it is; with one it is copied first, as only the log has the newest rows.
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
    // From here on its handles keep the files, which have no names any more.
    db.query("select count(*) from sqlite_master").get();
    return db;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
