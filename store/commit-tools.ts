import type { Database } from "bun:sqlite";
import type { ToolCallObservation } from "./batch.ts";
import type { Sessions } from "./commit-sessions.ts";
import { writer } from "./database.ts";
import { DECIDE_ONE } from "./last-decision.ts";
import { observedValues } from "./row-code.ts";
import { columnsOf, MERGES } from "./table.ts";
import { TOOL_CALLS } from "./tables/sessions.ts";

/** From the least to the most definite: only the transcript reports, afterwards, that a person refused. */
const OUTCOME_ORDER = "running unknown completed failed interrupted rejected";

/** Without the number that SQLite assigns, and the decision, which is not observed with the call. */
const COLUMNS = columnsOf(TOOL_CALLS).filter(
  (name) => name !== "tool_pk" && name !== "decision" && name !== "decided_by",
);
const toValues = observedValues(TOOL_CALLS, COLUMNS, [
  ...(["session_pk", "tool_name", "outcome", "summary", "error", "owner_rank"] as const),
]);
/** The bound parameter of each column. */
const v = Object.fromEntries(COLUMNS.map((name, at) => [name, `?${at + 1}`])) as Record<
  (typeof COLUMNS)[number],
  string
>;

/**
 * A fork repeats calls under a prompt of its own: the owner's value wins, whichever copy is read first. Copies of equal
 * rank (files created in the same millisecond) take the lesser value, so that the order of reading does not matter.
 */
const ofOwner = (column: keyof typeof v) =>
  `case when ${v.owner_rank} < owner_rank then coalesce(${v[column]}, ${column})
    when ${v.owner_rank} > owner_rank then coalesce(${column}, ${v[column]})
    else min(coalesce(${column}, ${v[column]}), coalesce(${v[column]}, ${column})) end`;

/** How a further observation changes a stored call: a rule for every column that is no part of its identity. */
const MERGE: Record<Exclude<keyof typeof v, "tool_key" | "tool_use_id">, string> = {
  session_pk: `iif(${v.owner_rank} < owner_rank, ${v.session_pk}, session_pk)`,
  agent_id: `iif(${v.owner_rank} < owner_rank, ${v.agent_id}, agent_id)`,
  tool_name: ofOwner("tool_name"),
  prompt_id: ofOwner("prompt_id"),
  started_unix_ms: MERGES.least("started_unix_ms", v.started_unix_ms),
  ended_unix_ms: MERGES.least("ended_unix_ms", v.ended_unix_ms),
  duration_ms: `coalesce(${v.duration_ms}, duration_ms,
    max(0, coalesce(ended_unix_ms, ${v.ended_unix_ms}) - coalesce(started_unix_ms, ${v.started_unix_ms})))`,
  outcome: `iif(instr('${OUTCOME_ORDER}', ${v.outcome}) > instr('${OUTCOME_ORDER}', outcome), ${v.outcome}, outcome)`,
  summary: ofOwner("summary"),
  error: ofOwner("error"),
  owner_rank: `min(${v.owner_rank}, owner_rank)`,
};

/** Start and end of a call arrive from hooks and transcripts in any order; they share the row of their `tool_key`. */
export function toolWriter(db: Database, sessions: Sessions) {
  const measured = `coalesce(${v.duration_ms}, max(0, ${v.ended_unix_ms} - ${v.started_unix_ms}))`;
  const values: Record<string, string> = { ...v, duration_ms: measured };
  const insert = `insert into tool_calls (${Object.keys(values).join(", ")}) values (${Object.values(values).join(", ")})`;
  const merge = Object.entries(MERGE).map(([name, value]) => `${name} = ${value}`);
  const put = writer(db, `${insert} on conflict (tool_key) do update set ${merge}`);
  // Few calls have a decision, and the check takes a tenth of the time of the update.
  const decided = db.query<unknown, [string]>("select 1 from tool_decisions where tool_key = ? limit 1");
  const decide = db.query<unknown, [string]>(DECIDE_ONE);
  return {
    put(t: ToolCallObservation, rank: string): void {
      const own = {
        session_pk: sessions.pk(t.source, t.owner_session_id ?? t.session_id),
        tool_name: t.tool_name || null,
        outcome: t.outcome ?? "unknown",
        summary: t.summary || null,
        error: t.error || null,
        owner_rank: rank,
      };
      put(toValues(own, t));
      if (decided.get(t.tool_key)) decide.run(t.tool_key);
    },
  };
}

/** Joins start and end of a call that are in the same batch into one write. */
export function joinToolCalls(observations: ToolCallObservation[]): ToolCallObservation[] {
  const joined = new Map<string, ToolCallObservation>();
  const apart: ToolCallObservation[] = [];
  for (const next of observations) {
    // Within a session the id identifies a call as well as its key does, and needs no second key.
    const known = joined.get(next.tool_use_id);
    if (!known) joined.set(next.tool_use_id, next);
    else if (known.session_id !== next.session_id || known.agent_id !== next.agent_id) apart.push(next);
    else for (const field of JOINED) join(known, next, field);
  }
  return [...joined.values(), ...apart];
}

type Identity = "source" | "session_id" | "agent_id" | "tool_key" | "tool_use_id";
type Joined = Exclude<keyof ToolCallObservation, Identity>;

/** How two observations of a call are joined: a rule for every field that is no part of its identity. */
const JOINS: { [F in Joined]: Join<ToolCallObservation[F]> } = {
  tool_name: firstText,
  prompt_id: firstText,
  summary: firstText,
  error: firstText,
  owner_session_id: firstText,
  started_unix_ms: least,
  ended_unix_ms: least,
  duration_ms: (known, next) => next ?? known,
  outcome: (known = "unknown", next = "unknown") =>
    OUTCOME_ORDER.indexOf(next) > OUTCOME_ORDER.indexOf(known) ? next : known,
};
const JOINED = Object.keys(JOINS) as Joined[];

type Join<V> = (known: V, next: V) => V;

function firstText<V extends string | null | undefined>(known: V, next: V): V {
  return known || next;
}

function least<V extends number | null | undefined>(known: V, next: V): V {
  return known == null || (next != null && next < known) ? (next ?? known) : known;
}

function join<F extends Joined>(known: ToolCallObservation, next: ToolCallObservation, field: F): void {
  known[field] = JOINS[field](known[field], next[field]);
}
