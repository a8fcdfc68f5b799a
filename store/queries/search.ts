import type { Database } from "bun:sqlite";
import { likePattern, type Params, type Scope, sessionConditions } from "./scope.ts";

/** Where the text was found. */
export type Hit = {
  session_key: string;
  project_path: string | null;
  kind: "title" | "prompt";
  time_unix_ms: number;
  prompt_id: string | null;
  text: string;
  /** Orders hits of one moment. */
  place: string;
};
export type SearchPage = Scope & {
  q: string;
  /** The last hit of the page before. */
  before?: { time_unix_ms: number; place: string } | undefined;
  limit: number;
};

/** Text that is stored of conversations: titles and the beginnings of prompts. Newest first. */
export function searchQueries(db: Database) {
  return {
    find({ q, before, limit, ...scope }: SearchPage): Hit[] {
      const { sql, params } = sessionConditions(db, scope);
      const where = sql === "" ? "true" : sql;
      const key = "s.source || ':' || s.source_session_id as session_key, s.project_path";
      const found = `
        select ${key}, 'title' as kind, coalesce(s.last_unix_ms, 0) as time_unix_ms, null as prompt_id, s.title as text,
          s.session_pk || '' as place
        from sessions s where s.title like $q escape '\\' and s.source_session_id not like 'doctor-%' and ${where}
        union all
        select ${key}, 'prompt', coalesce(t.started_unix_ms, 0), t.prompt_id, t.prompt, s.session_pk || ' ' || t.prompt_id
        from turns t join sessions s using (session_pk) where t.prompt like $q escape '\\' and ${where}`;
      const after = before ? "where (time_unix_ms, place) < ($time, $place)" : "";
      const place: Params = before ? { time: before.time_unix_ms, place: before.place } : {};
      return db
        .query<Hit, Params>(
          `select * from (${found}) ${after} order by time_unix_ms desc, place desc limit $limit`,
        )
        .all({ ...params, ...place, q: likePattern(q), limit });
    },
  };
}
