import type { Database } from "bun:sqlite";
import { EVENT_TYPES, type EventType } from "../../schema/event-catalogue.ts";
import type { SourceName } from "../../schema/event-names.ts";
import type { FeedEvent } from "../../schema/events.ts";
import type { ToolOutcome } from "../../schema/row-values.ts";
import { fileOrigin } from "../../schema/vendors.ts";
import { dataPath } from "../data-path.ts";
import type { TimeKey } from "./feed-filter.ts";

/**
 * Prompts and tool calls that were read from a file and are in no event. They have no number: in the order of time they
 * follow the events of the same millisecond, calls before prompts, by these keys.
 */
export const CALL_KEY_BASE = 2 ** 50;
export const TURN_KEY_BASE = 2 ** 51;

export const CALL_TIME = "coalesce(t.ended_unix_ms, t.started_unix_ms)";
export const TURN_TIME = "coalesce(t.started_unix_ms, t.ended_unix_ms)";

/** The event that a call would be. */
export const TYPE_OF: Readonly<Record<ToolOutcome, EventType>> = {
  running: "tool_started",
  unknown: "tool_started",
  completed: "tool_completed",
  failed: "tool_failed",
  interrupted: "tool_failed",
  rejected: "tool_rejected",
};

/**
 * A hook of an older client has no prompt id: one this close belongs to the same prompt, and a more distant one if its
 * text is equal.
 */
const SAME_MS = 5_000;
const SAME_TEXT_MS = 600_000;
const SAME_CHARS = 60;

/** Conditions on `t` of the two tables: it is already in an event, or its time is unknown. */
export const CALL_IS_ALONE = `not exists (select 1 from events e where e.tool_use_id = t.tool_use_id
  and (e.event_type in ('tool_completed', 'tool_failed', 'tool_rejected')
    or e.event_type = 'tool_started' and t.outcome in ('running', 'unknown'))
  and (e.session_pk = t.session_pk or t.tool_key = e.source || ':' || e.tool_use_id))`;

const PROMPT = "e.event_type = 'prompt_submitted' and e.session_pk = t.session_pk";
export const TURN_IS_ALONE = `t.prompt is not null
  and not exists (select 1 from events e where ${PROMPT} and e.prompt_id = t.prompt_id)
  and not exists (select 1 from events e where ${PROMPT} and e.prompt_id is null
    and e.time_unix_ms between ${TURN_TIME} - ${SAME_TEXT_MS} and ${TURN_TIME} + ${SAME_TEXT_MS}
    and (abs(e.time_unix_ms - ${TURN_TIME}) <= ${SAME_MS}
      or substr(e.data ->> ${dataPath("prompt_submitted", "prompt")}, 1, ${SAME_CHARS}) = substr(t.prompt, 1, ${SAME_CHARS})))`;

type Common = {
  time_unix_ms: number;
  source: SourceName;
  session_id: string;
  project_path: string | null;
  prompt_id: string | null;
};
type CallEventRow = Common & {
  tool_pk: number;
  tool_key: string;
  agent_id: string;
  tool_use_id: string;
  tool_name: string | null;
  duration_ms: number | null;
  outcome: ToolOutcome;
  summary: string | null;
  error: string | null;
  decided_by: string | null;
};
type TurnEventRow = Common & { session_pk: number; prompt_id: string; prompt: string | null };

const SESSION = "s.source, s.source_session_id as session_id, s.project_path";
const CALL_EVENT_ROWS = `
  select t.tool_pk, t.tool_key, t.agent_id, t.tool_use_id, t.tool_name, t.prompt_id, t.duration_ms, t.outcome,
    t.summary, t.error, t.decided_by, ${CALL_TIME} as time_unix_ms, ${SESSION}
  from tool_calls t join sessions s on s.session_pk = t.session_pk`;
const TURN_EVENT_ROWS = `
  select t.session_pk, t.prompt_id, t.prompt, ${TURN_TIME} as time_unix_ms, ${SESSION}
  from turns t join sessions s on s.session_pk = t.session_pk`;

/** Prefix of an id: the rest is the call's key, or session and prompt. */
export const CALL_ID = "call:";
export const TURN_ID = "prompt:";

function common(row: Common) {
  const session_key = `${row.source}:${row.session_id}`;
  return {
    seq: 0,
    source: row.source,
    origin: fileOrigin(row.source),
    session_id: row.session_id,
    session_key,
    time_unix_ms: row.time_unix_ms,
    ...(row.project_path !== null && { project_path: row.project_path }),
    ...(row.prompt_id !== null && { prompt_id: row.prompt_id }),
  };
}

function fromCall(row: CallEventRow): FeedEvent {
  const { tool_key, agent_id, tool_use_id, tool_name, duration_ms, outcome, summary, error, decided_by } =
    row;
  const event_type = TYPE_OF[outcome];
  const data = {
    ...(summary !== null && { tool_input: { command: summary } }),
    ...(duration_ms !== null && { duration_ms: Math.max(0, Math.round(duration_ms)) }),
    ...(error !== null && (outcome === "rejected" ? { reason: error } : { error })),
    ...(outcome === "interrupted" && { is_interrupt: true }),
    ...(outcome === "rejected" && decided_by !== null && { decided_by }),
  };
  return {
    ...common(row),
    event_id: `${CALL_ID}${tool_key}`,
    event_type,
    event_category: EVENT_TYPES[event_type],
    ...(agent_id !== "" && { agent_id }),
    ...(tool_name !== null && { tool_name }),
    tool_use_id,
    data,
    // The outcome above determines its type.
  } as FeedEvent;
}

function fromTurn(row: TurnEventRow): FeedEvent {
  const of = common(row);
  return {
    ...of,
    event_id: `${TURN_ID}${of.session_key}:${row.prompt_id}`,
    event_type: "prompt_submitted",
    event_category: EVENT_TYPES.prompt_submitted,
    data: { prompt: row.prompt ?? "" },
  };
}

/** Reads the rows of these keys as events. */
export function historyRows(db: Database) {
  const calls = db.query<CallEventRow, [string]>(
    `${CALL_EVENT_ROWS} where t.tool_pk in (select value from json_each(?))`,
  );
  const turns = db.query<TurnEventRow, [string]>(`${TURN_EVENT_ROWS}
    where (t.session_pk, t.prompt_id) in (select value ->> 0, value ->> 1 from json_each(?))`);
  const name = (pk: number, id: string) => `${pk} ${id}`;
  const isCall = ({ seq }: TimeKey) => seq + TURN_KEY_BASE >= CALL_KEY_BASE;

  return (keys: TimeKey[]): ((key: TimeKey) => FeedEvent | undefined) => {
    if (keys.length === 0) return () => undefined;
    const pks = keys.filter(isCall).map(({ seq }) => seq + CALL_KEY_BASE);
    const ids = keys.filter((key) => !isCall(key)).map(({ seq, id }) => [seq + TURN_KEY_BASE, id]);
    const ofCalls = new Map(calls.all(JSON.stringify(pks)).map((row) => [row.tool_pk, fromCall(row)]));
    const ofTurns = new Map(
      turns.all(JSON.stringify(ids)).map((row) => [name(row.session_pk, row.prompt_id), fromTurn(row)]),
    );
    return (key) =>
      isCall(key)
        ? ofCalls.get(key.seq + CALL_KEY_BASE)
        : ofTurns.get(name(key.seq + TURN_KEY_BASE, key.id ?? ""));
  };
}
