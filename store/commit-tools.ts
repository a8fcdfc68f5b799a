import type { Database } from "bun:sqlite";
import type { ToolCallObservation, ToolOutcome } from "../schema/batch.ts";
import type { Sessions } from "./commit-sessions.ts";
import { type Values, writer } from "./database.ts";
import { createKnownKeys } from "./known-keys.ts";

/** A later word beats an earlier one: that a person said no is known only from the transcript, after the fact. */
const OUTCOME_ORDER = "running unknown completed failed interrupted rejected";

/**
 * A fork repeats calls under a prompt of its own: the owner's word holds, whichever copy was read first. Copies of
 * one rank (files made in one millisecond) need a rule too, or the order of reading would decide.
 */
const ofOwner = (column: string, next: string) =>
  `case when ?13 < owner_rank then coalesce(${next}, ${column}) when ?13 > owner_rank then coalesce(${column}, ${next})
    else min(coalesce(${column}, ${next}), coalesce(${next}, ${column})) end`;

/** Start and end of a call come from hooks and transcripts in any order; `tool_key` makes one row of them. */
export function toolWriter(db: Database, sessions: Sessions, { isImport = false } = {}) {
  let last = 0;
  const keys = isImport ? createKnownKeys() : undefined;
  const insert = `
    insert into tool_calls (tool_key, session_pk, agent_id, tool_use_id, tool_name, prompt_id, started_unix_ms,
      ended_unix_ms, duration_ms, outcome, summary, error, owner_rank, tool_pk)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, coalesce(?9, max(0, ?8 - ?7)), ?10, ?11, ?12, ?13, ?14)`;
  const merge = `
      session_pk = iif(?13 < owner_rank, ?2, session_pk),
      agent_id = iif(?13 < owner_rank, ?3, agent_id),
      owner_rank = min(?13, owner_rank),
      tool_name = ${ofOwner("tool_name", "?5")},
      prompt_id = ${ofOwner("prompt_id", "?6")},
      started_unix_ms = min(coalesce(started_unix_ms, ?7), coalesce(?7, started_unix_ms)),
      ended_unix_ms = min(coalesce(ended_unix_ms, ?8), coalesce(?8, ended_unix_ms)),
      duration_ms = coalesce(?9, duration_ms, max(0, coalesce(ended_unix_ms, ?8) - coalesce(started_unix_ms, ?7))),
      outcome = iif(instr('${OUTCOME_ORDER}', ?10) > instr('${OUTCOME_ORDER}', outcome), ?10, outcome),
      summary = ${ofOwner("summary", "?11")},
      error = ${ofOwner("error", "?12")}`;
  const put = writer(db, keys ? insert : `${insert} on conflict (tool_key) do update set ${merge}`);
  const change = writer(db, `update tool_calls set ${merge} where tool_pk = ?14 and tool_key = ?1`);
  return {
    put(t: ToolCallObservation, rank: string): void {
      const known = keys?.claim(t.tool_key, last + 1);
      const pk = known ?? (keys ? ++last : null);
      const values: Values = [
        t.tool_key,
        sessions.pk(t.source, t.owner_session_id ?? t.session_id),
        t.agent_id,
        t.tool_use_id,
        t.tool_name || null,
        t.prompt_id ?? null,
        t.started_unix_ms ?? null,
        t.ended_unix_ms ?? null,
        t.duration_ms ?? null,
        t.outcome ?? "unknown",
        t.summary || null,
        t.error || null,
        rank,
        pk,
      ];
      if (known === undefined) put(values);
      else if (change(values).changes !== 1) throw new Error(`two keys have one hash: ${t.tool_key}`);
    },
  };
}

/** Start and end that one batch holds both become one write. */
export function joinToolCalls(observations: ToolCallObservation[]): ToolCallObservation[] {
  const joined = new Map<string, ToolCallObservation>();
  const apart: ToolCallObservation[] = [];
  for (const next of observations) {
    // Of one session the id tells as much as the key, which then is made once for both.
    const known = joined.get(next.tool_use_id);
    if (!known) joined.set(next.tool_use_id, next);
    else if (known.session_id !== next.session_id || known.agent_id !== next.agent_id) apart.push(next);
    else join(known, next);
  }
  return [...joined.values(), ...apart];
}

/** Written out: spreading objects here would cost as much as reading the lines. */
function join(known: ToolCallObservation, next: ToolCallObservation): void {
  if (!known.tool_name && next.tool_name) known.tool_name = next.tool_name;
  if (!known.summary && next.summary) known.summary = next.summary;
  if (!known.error && next.error) known.error = next.error;
  if (!known.prompt_id && next.prompt_id) known.prompt_id = next.prompt_id;
  if (!known.owner_session_id && next.owner_session_id) known.owner_session_id = next.owner_session_id;
  if (next.duration_ms !== undefined) known.duration_ms = next.duration_ms;
  const { started_unix_ms, ended_unix_ms } = next;
  if (started_unix_ms !== undefined)
    known.started_unix_ms = Math.min(known.started_unix_ms ?? started_unix_ms, started_unix_ms);
  if (ended_unix_ms !== undefined)
    known.ended_unix_ms = Math.min(known.ended_unix_ms ?? ended_unix_ms, ended_unix_ms);
  known.outcome = later(known.outcome, next.outcome);
}

function later(a: ToolOutcome = "unknown", b: ToolOutcome = "unknown"): ToolOutcome {
  return OUTCOME_ORDER.indexOf(b) > OUTCOME_ORDER.indexOf(a) ? b : a;
}
