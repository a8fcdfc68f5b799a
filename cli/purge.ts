import { purgeSpool } from "../collector/hooks/purge-spool.ts";
import { withoutTexts } from "../collector/redact/batch.ts";
import { archiveFolder, openDatabase } from "../store/database.ts";
import { takeLock } from "../store/lock.ts";
import { type PurgeSession, purgeSessions } from "../store/purge.ts";
import { type ArchiveEdit, countEdits, editArchive, type LineEdit } from "../store/purge-archive.ts";

/** The remaining fields of an archive line of a purged session. */
function editOf(sessions: readonly PurgeSession[]): LineEdit {
  const keys = new Set(sessions.map((s) => s.session_key));
  return (body) => {
    const line = parse(body);
    if (!line || !keys.has(`${line.source}:${line.session_id}`)) return body;
    switch (line.kind) {
      case "text":
        return undefined;
      case "event":
        return JSON.stringify({ ...line, data: withoutTexts(line.data as Record<string, unknown>) });
      default:
        return JSON.stringify(withoutFields(line));
    }
  };
}

const WORDS = new Set(["prompt", "summary", "error", "description", "title"]);

function withoutFields(line: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(line).filter(([name]) => !WORDS.has(name)));
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

export function archivedOf(dataDir: string, sessions: readonly PurgeSession[]): Promise<ArchiveEdit> {
  return countEdits(archiveFolder(dataDir), editOf(sessions));
}

/** Holds the lock, so that no daemon writes what is deleted here. */
export async function purge(
  dataDir: string,
  spools: readonly string[],
  sessions: readonly PurgeSession[],
): Promise<void> {
  const lock = takeLock(dataDir);
  try {
    const db = openDatabase(dataDir);
    try {
      purgeSessions(db, sessions, withoutTexts);
    } finally {
      db.close();
    }
    const ids = new Set(sessions.map((s) => s.session_key.replace(/^[^:]*:/, "")));
    for (const spool of spools) purgeSpool(spool, ids);
    await editArchive(archiveFolder(dataDir), editOf(sessions), Date.now());
  } finally {
    lock.release();
  }
}
