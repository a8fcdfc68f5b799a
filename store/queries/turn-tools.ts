import type { Database } from "bun:sqlite";
import { type Kept, keepBySession } from "../judged/keep.ts";
import type { SessionChanges } from "../session-changes.ts";

type Call = [session_pk: number, prompt_id: string | null, started_unix_ms: number | null, tool_name: string];
type Turn = [prompt_id: string, started_unix_ms: number];
/** The names of the tools that the turns of a session used. */
export type ToolsByTurn = ReadonlyMap<string, ReadonlySet<string>>;
type KeptTools = Kept & { tools: ToolsByTurn };
/** Turns: about 15 MB. */
const MOST_PARTS = 150_000;
const NO_TURNS: ToolsByTurn = new Map();

/** The tools of turns of some sessions; with `changes`, those of each session are cached. */
export function turnTools(db: Database, changes?: SessionChanges) {
  const toolsOf = toolsByTurn(db);
  const last = db.query<{ last_unix_ms: number | null }, [number]>(
    "select last_unix_ms from sessions where session_pk = ?",
  );
  if (!changes) return toolsOf;
  const kept = keepBySession<KeptTools>(changes, MOST_PARTS);

  function workOut(session_pk: number): KeptTools {
    const tools = toolsOf([session_pk]).get(session_pk) ?? NO_TURNS;
    return { tools, until_unix_ms: last.get(session_pk)?.last_unix_ms ?? 0, parts: 1 + tools.size };
  }
  return (sessions: Iterable<number>): Map<number, ToolsByTurn> =>
    new Map(
      [...sessions].map((session_pk) => [session_pk, kept.get(session_pk, () => workOut(session_pk)).tools]),
    );
}
export type TurnTools = ReturnType<typeof turnTools>;

/**
 * A tool call belongs to the turn that it names, else to the one that started last before it. Whole sessions at once,
 * as SQLite would search for the turn of each call: in their index the calls of a turn are adjacent.
 */
function toolsByTurn(db: Database) {
  const callsOf = db.query<Call, [string]>(`
    select session_pk, prompt_id, started_unix_ms, tool_name from tool_calls
    where session_pk in (select value from json_each(?)) and tool_name <> ''
    order by session_pk, prompt_id, started_unix_ms`);
  const turns = db.query<Turn, [number]>(`
    select prompt_id, started_unix_ms from turns where session_pk = ? and started_unix_ms is not null
    order by started_unix_ms, prompt_id`);
  const shared = sharedSets();

  return (sessions: Iterable<number>): Map<number, ToolsByTurn> => {
    const found = new Map<number, Map<string, ReadonlySet<string>>>();
    let session = -1;
    let [begun, at]: [Turn[], number] = [[], -1];
    let known = new Map<string, ReadonlySet<string>>();
    for (const [session_pk, prompt_id, started, tool_name] of callsOf.values(
      JSON.stringify([...sessions]),
    ) as Call[]) {
      if (session_pk !== session) {
        [session, begun, at, known] = [session_pk, turns.values(session_pk) as Turn[], -1, new Map()];
        found.set(session_pk, known);
      }
      // Calls without a turn come first, by their time; those without a time belong to none.
      while (prompt_id === null && started !== null && at + 1 < begun.length && begun[at + 1]![1] <= started)
        at++;
      const turn = prompt_id ?? (started === null ? undefined : begun[at]?.[0]);
      if (turn !== undefined) known.set(turn, shared(known.get(turn), tool_name));
    }
    return found;
  };
}

/** Names come from files, so the shared sets must not grow without bound. */
const MOST_SHARED = 10_000;

/** Turns use the same few tools again and again: all with the same tools share one set. */
function sharedSets() {
  type Node = { names: ReadonlySet<string>; with: Map<string, Node> };
  const nothing: Node = { names: new Set(), with: new Map() };
  let nodes = new WeakMap<ReadonlySet<string>, Node>();
  let made = 0;
  return (before: ReadonlySet<string> | undefined, name: string): ReadonlySet<string> => {
    if (before?.has(name)) return before;
    const node = (before && nodes.get(before)) ?? (before ? { names: before, with: new Map() } : nothing);
    const known = node.with.get(name);
    if (known) return known.names;
    const next: Node = { names: new Set([...node.names, name]), with: new Map() };
    if (++made > MOST_SHARED) {
      made = 0;
      nodes = new WeakMap();
      nothing.with.clear();
    } else node.with.set(name, next);
    nodes.set(next.names, next);
    return next.names;
  };
}
