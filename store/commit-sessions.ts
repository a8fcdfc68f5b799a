import type { Database } from "bun:sqlite";
import type { AgentObservation, SessionObservation, TurnObservation } from "../schema/batch.ts";
import type { SourceName } from "../schema/events.ts";

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
  const touch = db.query(`
    update sessions set started_unix_ms = min(coalesce(started_unix_ms, ?1), ?1), last_unix_ms = max(coalesce(last_unix_ms, ?1), ?1)
    where session_pk = ?2`);
  const update = db.query(`
    update sessions set
      project_path = coalesce(project_path, ?2), git_branch = coalesce(git_branch, ?3),
      client_version = coalesce(?4, client_version), entrypoint = coalesce(entrypoint, ?5), title = coalesce(?6, title),
      transcript_path = coalesce(?7, transcript_path),
      started_unix_ms = min(coalesce(started_unix_ms, ?8), coalesce(?8, started_unix_ms)),
      last_unix_ms = max(coalesce(last_unix_ms, ?9), coalesce(?9, last_unix_ms)),
      ended_unix_ms = max(coalesce(ended_unix_ms, ?10), coalesce(?10, ended_unix_ms)),
      end_reason = coalesce(?11, end_reason),
      parent_session_id = coalesce(parent_session_id, ?12), relation = coalesce(relation, ?13)
    where session_pk = ?1`);
  const putAgent = db.query(`
    insert into agents (session_pk, agent_id, agent_type, description, tool_use_id, depth, started_unix_ms, ended_unix_ms)
    values (?, ?, ?, ?, ?, ?, ?, ?)
    on conflict do update set
      agent_type = coalesce(excluded.agent_type, agent_type), description = coalesce(excluded.description, description),
      tool_use_id = coalesce(excluded.tool_use_id, tool_use_id), depth = coalesce(excluded.depth, depth),
      started_unix_ms = min(coalesce(started_unix_ms, excluded.started_unix_ms), coalesce(excluded.started_unix_ms, started_unix_ms)),
      ended_unix_ms = max(coalesce(ended_unix_ms, excluded.ended_unix_ms), coalesce(excluded.ended_unix_ms, ended_unix_ms))`);
  const putTurn = db.query(`
    insert into turns (session_pk, prompt_id, started_unix_ms, ended_unix_ms, prompt) values (?, ?, ?, ?, ?)
    on conflict do update set
      started_unix_ms = min(coalesce(started_unix_ms, excluded.started_unix_ms), coalesce(excluded.started_unix_ms, started_unix_ms)),
      ended_unix_ms = max(coalesce(ended_unix_ms, excluded.ended_unix_ms), coalesce(excluded.ended_unix_ms, ended_unix_ms)),
      prompt = coalesce(prompt, excluded.prompt)`);

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
    touch: (session_pk: number, time_unix_ms: number): void => void touch.run(time_unix_ms, session_pk),
    /** A rolled back transaction may have taken ids that no longer exist. */
    forget(): void {
      last = { source: "", id: "", pk: 0 };
      pks.clear();
      ids.clear();
    },
    put(s: SessionObservation): void {
      update.run(
        pk(s.source, s.session_id),
        s.project_path ?? null,
        s.git_branch ?? null,
        s.client_version ?? null,
        s.entrypoint ?? null,
        s.title || null,
        s.transcript_path ?? null,
        s.time_unix_ms ?? null,
        s.last_unix_ms ?? s.time_unix_ms ?? null,
        s.ended_unix_ms ?? null,
        s.end_reason ?? null,
        s.parent_session_id ?? null,
        s.relation ?? null,
      );
    },
    putAgent(a: AgentObservation): void {
      putAgent.run(
        pk(a.source, a.session_id),
        a.agent_id,
        a.agent_type ?? null,
        a.description ?? null,
        a.tool_use_id ?? null,
        a.depth ?? null,
        a.started_unix_ms ?? null,
        a.ended_unix_ms ?? null,
      );
    },
    putTurn(t: TurnObservation): void {
      putTurn.run(
        pk(t.source, t.session_id),
        t.prompt_id,
        t.started_unix_ms ?? null,
        t.ended_unix_ms ?? null,
        t.prompt ?? null,
      );
    },
  };
}
export type Sessions = ReturnType<typeof createSessions>;
