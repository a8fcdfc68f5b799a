import type { Database } from "bun:sqlite";

type Call = [session_pk: number, prompt_id: string | null, started_unix_ms: number | null, tool_name: string];
type Turn = [prompt_id: string, started_unix_ms: number];

/**
 * A call of a tool is of the turn that was last begun before it, where it names none. As text, since SQLite makes an
 * index of it only for a value of a known type, and a session's requests are looked up in it.
 */
export const TURN_OF = `cast(coalesce(t.prompt_id, (select u.prompt_id from turns u where u.session_pk = t.session_pk
  and u.started_unix_ms <= t.started_unix_ms order by u.started_unix_ms desc, u.prompt_id desc limit 1)) as text)`;

/** The same for whole sessions at once, as SQLite would look for each call's turn: the calls of a turn lie side by side. */
export function turnTools(db: Database) {
  const calls = db.query<Call, [string]>(`
    select session_pk, prompt_id, started_unix_ms, tool_name from tool_calls
    where session_pk in (select value from json_each(?)) and tool_name is not null
    order by session_pk, prompt_id, started_unix_ms`);
  const turns = db.query<Turn, [number]>(`
    select prompt_id, started_unix_ms from turns where session_pk = ? and started_unix_ms is not null
    order by started_unix_ms, prompt_id`);

  /** The names of the tools that a turn of these sessions used. */
  return (sessions: ReadonlySet<number>): ((session_pk: number, prompt_id: string) => Iterable<string>) => {
    const found = new Map<number, Map<string, Set<string>>>();
    let session = -1;
    let [begun, at]: [Turn[], number] = [[], -1];
    let known = new Map<string, Set<string>>();
    for (const [session_pk, prompt_id, started, tool_name] of calls.values(
      JSON.stringify([...sessions]),
    ) as Call[]) {
      if (session_pk !== session) {
        [session, begun, at, known] = [session_pk, turns.values(session_pk) as Turn[], -1, new Map()];
        found.set(session_pk, known);
      }
      // Calls without a turn come first, by their time; those without a time are of none.
      while (prompt_id === null && started !== null && at + 1 < begun.length && begun[at + 1]![1] <= started)
        at++;
      const turn = prompt_id ?? (started === null ? undefined : begun[at]?.[0]);
      if (turn === undefined) continue;
      const tools = known.get(turn);
      if (tools) tools.add(tool_name);
      else known.set(turn, new Set([tool_name]));
    }
    return (session_pk, prompt_id) => found.get(session_pk)?.get(prompt_id) ?? [];
  };
}
