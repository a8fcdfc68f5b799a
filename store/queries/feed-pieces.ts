import type { Database } from "bun:sqlite";
import {
  EVENT_CATEGORIES,
  EVENT_TYPE_NAMES,
  EVENT_TYPES,
  type EventCategory,
  type EventType,
} from "../../schema/event-catalogue.ts";
import { toolMatcher } from "../../schema/tool-pattern.ts";
import { CALL_ID, CALL_TIME, TURN_ID, TURN_TIME, TYPE_OF } from "./feed-history.ts";
import { isBookkeepingHook } from "./question-hooks.ts";
import { likePattern, type Params, type Scope, sessionConditions } from "./scope.ts";

/** The kinds of rows in the feed, each from its own table. */
export const ARMS = ["events", "requests", "calls", "turns"] as const;
export type Arm = (typeof ARMS)[number];

/** One filter as a condition on the rows `t` of each table; null if none can match. */
export type Piece = Record<Arm, string | null> & { params: Params };

export const typesOf = (category: EventCategory) =>
  EVENT_TYPE_NAMES.filter((t) => EVENT_TYPES[t] === category);

/** Tool of an event: a transcript reports a refusal only by the id of the call, so the name comes from its row. */
export const toolNameOf = (e: string) => `iif(${e}.tool_name is null and ${e}.event_type = 'tool_rejected',
  (select c.tool_name from tool_calls c where c.tool_key = ${e}.source || ':' || ${e}.tool_use_id), ${e}.tool_name)`;

/** A condition on a column that all four tables have. */
const everywhere = (sql: string, params: Params): Piece => ({
  events: sql,
  requests: sql,
  calls: sql,
  turns: sql,
  params,
});
const orNull = (isSo: boolean) => (isSo ? "true" : null);
const oneOf = (name: string) => `in (select value from json_each($${name}))`;
const listed = (names: string[]) => names.map((name) => `'${name}'`).join(", ");

/** Outcomes of calls with one of these types. */
const outcomesOf = (types: EventType[]) =>
  Object.entries(TYPE_OF).flatMap(([outcome, type]) => (types.includes(type) ? [outcome] : []));

export function typePiece(types: EventType[]): Piece {
  const outcomes = outcomesOf(types);
  return {
    events: `t.event_type ${oneOf("types")}`,
    requests: orNull(types.includes("api_response")),
    calls: outcomes.length === 0 ? null : `t.outcome in (${listed(outcomes)})`,
    turns: orNull(types.includes("prompt_submitted")),
    params: { types: JSON.stringify(types) },
  };
}

export function tagPiece(tags: string[]): Piece {
  const categories = EVENT_CATEGORIES.filter((c) => tags.includes(c)).flatMap(typesOf);
  const types = [...EVENT_TYPE_NAMES.filter((t) => tags.includes(t)), ...categories];
  return {
    events: `(t.event_type ${oneOf("tag_types")} or ${toolNameOf("t")} ${oneOf("tags")})`,
    requests: orNull(types.includes("api_response")),
    calls: `(t.outcome in (${listed(outcomesOf(types))}) or t.tool_name ${oneOf("tags")})`,
    turns: orNull(types.includes("prompt_submitted")),
    params: { tag_types: JSON.stringify(types), tags: JSON.stringify(tags) },
  };
}

export function textPiece(q: string): Piece {
  const any = (...texts: string[]) => `(${texts.map((of) => `${of} like $q escape '\\'`).join(" or ")})`;
  return {
    events: any("t.data", toolNameOf("t")),
    requests: any("t.model", "t.request_key"),
    calls: any("t.summary", "t.error", "t.tool_name"),
    turns: any("t.prompt"),
    params: { q: likePattern(q) },
  };
}

export function timePiece(op: ">=" | "<", name: "from" | "until", unixMs: number): Piece {
  const at = `${op} $${name}`;
  return {
    ...everywhere(`t.time_unix_ms ${at}`, { [name]: unixMs }),
    calls: `${CALL_TIME} ${at}`,
    turns: `${TURN_TIME} ${at}`,
  };
}

export function scopePieces(db: Database, scope: Scope): Piece[] {
  const { sql, params } = sessionConditions(db, scope);
  if (!sql) return [];
  return [everywhere(`t.session_pk in (select s.session_pk from sessions s where ${sql})`, params)];
}

/** There are few tool names, and the indexes list them one by one. */
function toolsLike(db: Database, pattern: string): string[] {
  const walk = (table: string) => `
    with recursive walk(name) as (
      select min(tool_name) from ${table} where tool_name is not null
      union all
      select (select min(tool_name) from ${table} where tool_name is not null and tool_name > walk.name) from walk
      where walk.name is not null)
    select name from walk where name is not null`;
  const names = db.query<{ name: string }, []>(
    `select * from (${walk("events")}) union select * from (${walk("tool_calls")})`,
  );
  const isMeant = toolMatcher(pattern);
  return names
    .all()
    .map((row) => row.name)
    .filter(isMeant);
}

export function toolPiece(db: Database, pattern: string): Piece & { tools: string[] } {
  const tools = toolsLike(db, pattern);
  const named = `t.tool_name ${oneOf("tools")}`;
  return {
    events: `${toolNameOf("t")} ${oneOf("tools")}`,
    requests: null,
    calls: named,
    turns: null,
    params: { tools: JSON.stringify(tools) },
    tools,
  };
}

/** By its number, which only stored events have. */
export const seqPiece = (seq: number): Piece => ({
  ...everywhere("t.seq = $seq", { seq }),
  calls: null,
  turns: null,
});

const KEY_OF = "s.source || ':' || s.source_session_id || ':'";

/** By its id, which `feed-history.ts` assigns to rows that are in no event. */
export function idPiece(event_id: string): Piece {
  const call = event_id.startsWith(CALL_ID) ? event_id.slice(CALL_ID.length) : undefined;
  const turn = event_id.startsWith(TURN_ID) ? event_id.slice(TURN_ID.length) : undefined;
  return {
    events: "t.event_id = $event_id",
    requests: "t.request_key = $event_id",
    calls: call === undefined ? null : "t.tool_key = $call_key",
    turns:
      turn === undefined
        ? null
        : `(t.session_pk, t.prompt_id) in (select s.session_pk, substr($turn_key, length(${KEY_OF}) + 1)
            from sessions s where instr($turn_key, ${KEY_OF}) = 1)`,
    params: { event_id, ...(call && { call_key: call }), ...(turn && { turn_key: turn }) },
  };
}

export const questionPiece: Piece = {
  ...everywhere("true", {}),
  events: `not ${isBookkeepingHook("t")}`,
};
