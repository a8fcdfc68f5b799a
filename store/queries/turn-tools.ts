import type { Database } from "bun:sqlite";

type Call = [session_pk: number, prompt_id: string | null, started_unix_ms: number | null, tool_name: string];
type Turn = [prompt_id: string, started_unix_ms: number];

/**
 * A call of a tool is of the turn that it names, else of the one that was last begun before it. Whole sessions at once,
 * as SQLite would look for each call's turn: in their index the calls of a turn lie side by side.
 */
export function turnTools(db: Database) {
  const callsWhere = (that: string) =>
    db.query<Call, { sessions: string; tool: string }>(`
      select session_pk, prompt_id, started_unix_ms, tool_name from tool_calls
      where session_pk in (select value from json_each($sessions)) and tool_name ${that}
      order by session_pk, prompt_id, started_unix_ms`);
  const all = callsWhere("<> $tool");
  const only = callsWhere("= $tool");
  const turns = db.query<Turn, [number]>(`
    select prompt_id, started_unix_ms from turns where session_pk = ? and started_unix_ms is not null
    order by started_unix_ms, prompt_id`);

  /** The names of the tools that turns of these sessions used, or of one of the tools, by session and prompt. */
  return (sessions: Iterable<number>, tool?: string): Map<number, Map<string, Set<string>>> => {
    const found = new Map<number, Map<string, Set<string>>>();
    const calls = (tool === undefined ? all : only).values({
      sessions: JSON.stringify([...sessions]),
      tool: tool ?? "",
    }) as Call[];
    let session = -1;
    let [begun, at]: [Turn[], number] = [[], -1];
    let known = new Map<string, Set<string>>();
    for (const [session_pk, prompt_id, started, tool_name] of calls) {
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
    return found;
  };
}
