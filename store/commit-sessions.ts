import type { Database } from "bun:sqlite";
import type { SourceName } from "../schema/events.ts";
import type { AgentObservation, SessionObservation, TurnObservation } from "./batch.ts";
import { writer } from "./database.ts";
import { observedValues } from "./row-code.ts";
import { columnsOf, insertInto, mergedColumns, mergeSet, type Table } from "./table.ts";
import { AGENTS, SESSIONS, TURNS } from "./tables/sessions.ts";

const MERGED = mergedColumns(SESSIONS);
const placeOf = (name: string) => `?${(MERGED as string[]).indexOf(name) + 1}`;
const sessionValues = observedValues(SESSIONS, MERGED, ["title", "started_unix_ms", "last_unix_ms"]);
const agentValues = observedValues(AGENTS, columnsOf(AGENTS), ["session_pk"]);
const turnValues = observedValues(TURNS, columnsOf(TURNS), ["session_pk"]);

/**
 * A session's row is created by the first row that names it, so no event is needed to open one. `named` receives the
 * sessions that a transaction stores rows of.
 */
export function createSessions(db: Database, named: (session_pk: number) => void = () => {}) {
  const numbers = sessionNumbers(db, named);
  const { pk } = numbers;
  const update = writer(
    db,
    `update sessions set ${mergeSet(SESSIONS, placeOf)} where session_pk = ?${MERGED.length + 1}`,
  );
  const touch = db.query(`
    update sessions set started_unix_ms = min(coalesce(started_unix_ms, ?1), ?1), last_unix_ms = max(coalesce(last_unix_ms, ?1), ?1)
    where session_pk = ?2`);
  const putAgent = writer(db, upsert(AGENTS));
  const putTurn = writer(db, upsert(TURNS));

  return {
    ...numbers,
    touch: (session_pk: number, time_unix_ms: number): void => void touch.run(time_unix_ms, session_pk),
    put(s: SessionObservation): void {
      if (s.opens_none && !numbers.isStored(s.source, s.session_id)) return;
      const own = {
        title: s.title || null,
        started_unix_ms: s.time_unix_ms,
        last_unix_ms: s.last_unix_ms ?? s.time_unix_ms,
      };
      update([...sessionValues(own, s), pk(s.source, s.session_id)]);
    },
    putAgent(a: AgentObservation): void {
      putAgent(agentValues({ session_pk: pk(a.source, a.session_id) }, a));
    },
    putTurn(t: TurnObservation): void {
      putTurn(turnValues({ session_pk: pk(t.source, t.session_id) }, t));
    },
  };
}
export type Sessions = ReturnType<typeof createSessions>;

const NONE = { source: "", id: "", pk: 0 };

/** Numbers of sessions, assigned when they are first named and kept in memory. */
function sessionNumbers(db: Database, named: (session_pk: number) => void) {
  const pks = new Map<string, number>();
  const find = db.query<{ session_pk: number }, [string, string]>(
    "select session_pk from sessions where source = ? and source_session_id = ?",
  );
  const create = db.query("insert into sessions (source, source_session_id) values (?, ?)");
  const nameOf = db.query<{ source: SourceName; source_session_id: string }, [number]>(
    "select source, source_session_id from sessions where session_pk = ?",
  );
  let last = NONE;

  function findOrCreate(source: SourceName, id: string): number {
    const key = `${source}:${id}`;
    let known = pks.get(key);
    if (known === undefined) {
      known = find.get(source, id)?.session_pk ?? Number(create.run(source, id).lastInsertRowid);
      pks.set(key, known);
    }
    named(known);
    return known;
  }

  return {
    /** Rows are grouped by session, so the last answer is nearly always right again. */
    pk(source: SourceName, id: string): number {
      if (last.id !== id || last.source !== source || last.pk === 0)
        last = { source, id, pk: findOrCreate(source, id) };
      return last.pk;
    },
    id: (pk: number): string => nameOf.get(pk)?.source_session_id ?? "",
    isStored: (source: SourceName, id: string): boolean => find.get(source, id) !== null,
    /** The session's fields in an event; an empty id for no session. */
    of(session_pk: number | null): { session_id: string; session_source?: SourceName } {
      const row = session_pk === null ? null : nameOf.get(session_pk);
      return row ? { session_id: row.source_session_id, session_source: row.source } : { session_id: "" };
    },
    /** At the end of a transaction. */
    flush(): void {
      last = NONE;
    },
    /** After a rollback, numbers in memory may be of rows that do not exist. */
    forget(): void {
      last = NONE;
      pks.clear();
    },
  };
}

function upsert(table: typeof AGENTS | typeof TURNS): string {
  const set = mergeSet(table, (name) => `excluded.${name}`);
  return insertInto<Table>(table, columnsOf<Table>(table), `on conflict do update set ${set}`);
}
