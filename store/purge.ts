import type { Database } from "bun:sqlite";
import { metaOf } from "./meta.ts";
import { type Scope, sessionConditions } from "./queries/scope.ts";
import { textReader } from "./texts.ts";

/** Key in `meta`: sessions with text that must not be stored again, as `source:id`, in JSON. */
const PURGED = "purged_sessions";

export type PurgeScope = Pick<Scope, "session_id" | "project"> & { before_unix_ms?: number | undefined };
export type PurgeSession = {
  session_pk: number;
  session_key: string;
  project_path: string | null;
  texts: number;
};

/** Sessions in the scope, with the number of their stored texts. */
export function sessionsToPurge(db: Database, scope: PurgeScope): PurgeSession[] {
  const { sql, params } = sessionConditions(db, scope);
  const before = scope.before_unix_ms;
  const age = before === undefined ? "" : "and coalesce(s.last_unix_ms, s.started_unix_ms, 0) < $before";
  return db
    .query<PurgeSession, Record<string, string | number>>(
      `select s.session_pk, s.source || ':' || s.source_session_id as session_key, s.project_path,
         (select count(*) from texts x where x.session_pk = s.session_pk) as texts
       from sessions s where ${sql || "true"} ${age} and s.source_session_id <> '' order by s.last_unix_ms`,
    )
    .all({ ...params, ...(before !== undefined && { before }) });
}

export function purgedSessions(meta: (key: string) => string | undefined): string[] {
  const text = meta(PURGED);
  return text === undefined ? [] : (JSON.parse(text) as string[]);
}

export function isPurged(db: Database, session_key: string): boolean {
  const row = db.query<{ value: string }, [string]>("select value from meta where key = ?").get(PURGED);
  return purgedSessions(() => row?.value).includes(session_key);
}

/** Deletes all text of these sessions from the database; figures, names and times are kept. */
export function purgeSessions(
  db: Database,
  sessions: readonly PurgeSession[],
  strip: (data: Record<string, unknown>) => Record<string, unknown>,
): void {
  // Deleted data is overwritten, not only freed.
  db.run("pragma secure_delete = on");
  db.transaction(() => {
    for (const { session_pk } of sessions) purgeOne(db, session_pk, strip);
    blankChunks(db);
    const meta = metaOf(db);
    const known = purgedSessions(meta.get);
    const all = [...new Set([...known, ...sessions.map((s) => s.session_key)])];
    meta.set(PURGED, JSON.stringify(all));
  }).immediate();
  // The index keeps terms of deleted rows until its segments are merged.
  db.run("insert into text_index (text_index) values ('optimize')");
  // Pages that were freed earlier contain text as well.
  db.run("vacuum");
  db.run("pragma wal_checkpoint(truncate)");
}

function purgeOne(
  db: Database,
  pk: number,
  strip: (data: Record<string, unknown>) => Record<string, unknown>,
): void {
  db.query("delete from text_index where rowid in (select text_pk from texts where session_pk = ?)").run(pk);
  db.query("delete from texts where session_pk = ?").run(pk);
  db.query("update turns set prompt = '' where session_pk = ? and prompt <> ''").run(pk);
  db.query("update tool_calls set summary = null, error = null where session_pk = ?").run(pk);
  db.query("update agents set description = null where session_pk = ?").run(pk);
  db.query("update sessions set title = null where session_pk = ?").run(pk);
  const put = db.query("update events set data = ? where seq = ?");
  for (const { seq, data } of db
    .query<{ seq: number; data: string | null }, [number]>(
      "select seq, data from events where session_pk = ?",
    )
    .all(pk))
    if (data) put.run(JSON.stringify(strip(JSON.parse(data) as Record<string, unknown>)), seq);
}

/** Chunks without a text are deleted; in those that a fork still needs, everything else is blanked. */
function blankChunks(db: Database): void {
  db.run("delete from text_chunks where chunk_pk not in (select chunk_pk from texts)");
  const { textOf } = textReader(db);
  const parts = db.query<{ chunk_start: number; chunk_chars: number }, [number]>(
    "select distinct chunk_start, chunk_chars from texts where chunk_pk = ? order by chunk_start",
  );
  const put = db.query<unknown, [Uint8Array, number]>("update text_chunks set data = ? where chunk_pk = ?");
  for (const { chunk_pk, chars } of db
    .query<{ chunk_pk: number; chars: number }, []>("select chunk_pk, chars from text_chunks")
    .all()) {
    const used = parts.all(chunk_pk);
    if (used.reduce((n, u) => n + u.chunk_chars, 0) >= chars) continue;
    const whole = textOf({ chunk_pk, chunk_start: 0, chunk_chars: chars });
    let text = "";
    for (const { chunk_start, chunk_chars } of used)
      text = text.padEnd(chunk_start) + whole.slice(chunk_start, chunk_start + chunk_chars);
    put.run(Bun.zstdCompressSync(Buffer.from(text.padEnd(chars))), chunk_pk);
  }
}
