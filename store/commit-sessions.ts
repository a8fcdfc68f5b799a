import type { Database } from "bun:sqlite";
import type { AgentObservation, SessionObservation, TurnObservation } from "../schema/batch.ts";
import type { SourceName } from "../schema/events.ts";
import { writer } from "./database.ts";
import { columnsOf, insertInto, mergedColumns, mergeSet, type Table, valuesOf } from "./table.ts";
import { AGENTS, SESSIONS, TURNS } from "./tables/sessions.ts";

/** Sessions come into being with the first thing that names them: no event is relied on to open one. */
export function createSessions(db: Database) {
  const pks = new Map<string, number>();
  const ids = new Map<number, string>();
  const find = db.query<{ session_pk: number }, [string, string]>(
    "select session_pk from sessions where source = ? and source_session_id = ?",
  );
  const create = db.query("insert into sessions (source, source_session_id) values (?, ?)");
  const idOf = db.query<{ source_session_id: string }, [number]>(
    "select source_session_id from sessions where session_pk = ?",
  );
  const nameOf = db.query<{ source: SourceName; source_session_id: string }, [number]>(
    "select source, source_session_id from sessions where session_pk = ?",
  );
  const touch = db.query(`
    update sessions set started_unix_ms = min(coalesce(started_unix_ms, ?1), ?1), last_unix_ms = max(coalesce(last_unix_ms, ?1), ?1)
    where session_pk = ?2`);
  const update = writer(
    db,
    `update sessions set ${mergeSet(SESSIONS, placeOf)} where session_pk = ?${MERGED.length + 1}`,
  );
  const putAgent = writer(db, upsert(AGENTS));
  const putTurn = writer(db, upsert(TURNS));

  let last = { source: "", id: "", pk: 0 };

  /** Rows come session by session, so the last answer is nearly always the next. */
  function pk(source: SourceName, id: string): number {
    if (last.id !== id || last.source !== source || last.pk === 0)
      last = { source, id, pk: findOrCreate(source, id) };
    return last.pk;
  }

  function findOrCreate(source: SourceName, id: string): number {
    const key = `${source}:${id}`;
    let known = pks.get(key);
    if (known === undefined) {
      known = find.get(source, id)?.session_pk ?? Number(create.run(source, id).lastInsertRowid);
      pks.set(key, known);
      ids.set(known, id);
    }
    return known;
  }

  return {
    pk,
    id: (session_pk: number): string => ids.get(session_pk) ?? idOf.get(session_pk)?.source_session_id ?? "",
    /** How an event names it; the empty id where there is none. */
    of(session_pk: number | null): { session_id: string; session_source?: SourceName } {
      const row = session_pk === null ? null : nameOf.get(session_pk);
      return row ? { session_id: row.source_session_id, session_source: row.source } : { session_id: "" };
    },
    touch: (session_pk: number, time_unix_ms: number): void => void touch.run(time_unix_ms, session_pk),
    /** A rolled back transaction may have taken ids that no longer exist. */
    forget(): void {
      last = { source: "", id: "", pk: 0 };
      pks.clear();
      ids.clear();
    },
    put(s: SessionObservation): void {
      if (s.opens_none && find.get(s.source, s.session_id) === null) return;
      update([
        ...mergedValues({
          project_path: s.project_path ?? null,
          git_branch: s.git_branch ?? null,
          client_version: s.client_version ?? null,
          entrypoint: s.entrypoint ?? null,
          title: s.title || null,
          transcript_path: s.transcript_path ?? null,
          started_unix_ms: s.time_unix_ms ?? null,
          last_unix_ms: s.last_unix_ms ?? s.time_unix_ms ?? null,
          ended_unix_ms: s.ended_unix_ms ?? null,
          end_reason: s.end_reason ?? null,
          parent_session_id: s.parent_session_id ?? null,
          relation: s.relation ?? null,
          account: s.account ?? null,
          context_window_tokens: s.context_window_tokens ?? null,
        }),
        pk(s.source, s.session_id),
      ]);
    },
    putAgent(a: AgentObservation): void {
      putAgent(
        agentValues({
          session_pk: pk(a.source, a.session_id),
          agent_id: a.agent_id,
          agent_type: a.agent_type ?? null,
          description: a.description ?? null,
          tool_use_id: a.tool_use_id ?? null,
          depth: a.depth ?? null,
          started_unix_ms: a.started_unix_ms ?? null,
          ended_unix_ms: a.ended_unix_ms ?? null,
        }),
      );
    },
    putTurn(t: TurnObservation): void {
      putTurn(
        turnValues({
          session_pk: pk(t.source, t.session_id),
          prompt_id: t.prompt_id,
          started_unix_ms: t.started_unix_ms ?? null,
          ended_unix_ms: t.ended_unix_ms ?? null,
          prompt: t.prompt ?? null,
        }),
      );
    },
  };
}
export type Sessions = ReturnType<typeof createSessions>;

const MERGED = mergedColumns(SESSIONS);
const placeOf = (name: string) => `?${(MERGED as string[]).indexOf(name) + 1}`;
const mergedValues = valuesOf(SESSIONS, MERGED);
const agentValues = valuesOf(AGENTS, columnsOf(AGENTS));
const turnValues = valuesOf(TURNS, columnsOf(TURNS));

function upsert(table: typeof AGENTS | typeof TURNS): string {
  const set = mergeSet(table, (name) => `excluded.${name}`);
  return insertInto<Table>(table, columnsOf<Table>(table), `on conflict do update set ${set}`);
}
