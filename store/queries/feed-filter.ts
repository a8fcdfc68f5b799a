import type { Database } from "bun:sqlite";
import {
  EVENT_CATEGORIES,
  EVENT_TYPE_NAMES,
  EVENT_TYPES,
  type EventCategory,
  type EventType,
} from "../../schema/event-catalogue.ts";
import { toolMatcher } from "../../schema/tool-pattern.ts";
import { isBookkeepingHook } from "./question-hooks.ts";
import { likePattern, type Params, type Scope, sessionConditions } from "./scope.ts";

export type FeedFilter = Scope & {
  event_type?: EventType[] | undefined;
  event_category?: EventCategory[] | undefined;
  tool_name?: string | undefined;
  /** Event types, categories or tool names; any of them. */
  tags?: string[] | undefined;
  /** Without the hooks that nothing but bookkeeping needs. */
  hooks?: "asking" | undefined;
  q?: string | undefined;
  seq?: number | undefined;
  from_unix_ms?: number | undefined;
  until_unix_ms?: number | undefined;
};
/** A place in the order of time. */
export type TimeKey = { time_unix_ms: number; seq: number };
export const AFTER_ALL: TimeKey = { time_unix_ms: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };
export const byTime = (a: TimeKey, b: TimeKey) => a.time_unix_ms - b.time_unix_ms || a.seq - b.seq;

export const typesOf = (category: EventCategory) =>
  EVENT_TYPE_NAMES.filter((t) => EVENT_TYPES[t] === category);

function wantedTypes(filter: FeedFilter): EventType[] | undefined {
  const byCategory = filter.event_category?.flatMap(typesOf);
  if (!filter.event_type) return byCategory;
  return byCategory ? filter.event_type.filter((t) => byCategory.includes(t)) : filter.event_type;
}

/** One filter as a condition on `events e` and on `requests r`; null where no request can match. */
type Piece = { events: string; requests: string | null; params: Params };
export type Arms = Piece & {
  /** Nothing but time is asked. */
  isByTimeAlone: boolean;
  /** Condition on a session's number; null where any is meant. */
  session: string | null;
  types: EventType[] | undefined;
  tools: string[] | undefined;
};

const IN = (name: string) => `in (select value from json_each($${name}))`;

function typePiece(types: EventType[]): Piece {
  const requests = types.includes("api_response") ? "true" : null;
  return { events: `e.event_type ${IN("types")}`, requests, params: { types: JSON.stringify(types) } };
}

function tagPiece(tags: string[]): Piece {
  const categories = EVENT_CATEGORIES.filter((c) => tags.includes(c)).flatMap(typesOf);
  const types = [...EVENT_TYPE_NAMES.filter((t) => tags.includes(t)), ...categories];
  return {
    events: `(e.event_type ${IN("tag_types")} or e.tool_name ${IN("tags")})`,
    requests: types.includes("api_response") ? "true" : null,
    params: { tag_types: JSON.stringify(types), tags: JSON.stringify(tags) },
  };
}

function textPiece(q: string): Piece {
  return {
    events: "(e.data like $q escape '\\' or e.tool_name like $q escape '\\')",
    requests: "(r.model like $q escape '\\' or r.request_key like $q escape '\\')",
    params: { q: likePattern(q) },
  };
}

function timePiece(op: ">=" | "<", name: "from" | "until", unixMs: number): Piece {
  const condition = `time_unix_ms ${op} $${name}`;
  return { events: `e.${condition}`, requests: `r.${condition}`, params: { [name]: unixMs } };
}

function scopePieces(db: Database, scope: Scope): Piece[] {
  const { sql, params } = sessionConditions(db, scope);
  if (!sql) return [];
  const condition = `session_pk in (select s.session_pk from sessions s where ${sql})`;
  return [{ events: `e.${condition}`, requests: `r.${condition}`, params }];
}

/** Names of tools are few, and the index gives them one by one. */
function toolsLike(db: Database, pattern: string): string[] {
  const names = db.query<{ name: string }, []>(`
    with recursive walk(name) as (
      select min(tool_name) from events where tool_name is not null
      union all
      select (select min(tool_name) from events where tool_name is not null and tool_name > walk.name) from walk
      where walk.name is not null)
    select name from walk where name is not null`);
  const isMeant = toolMatcher(pattern);
  return names
    .all()
    .map((row) => row.name)
    .filter(isMeant);
}

export function arms(db: Database, filter: FeedFilter): Arms {
  const times: Piece[] = [];
  if (filter.from_unix_ms !== undefined) times.push(timePiece(">=", "from", filter.from_unix_ms));
  if (filter.until_unix_ms !== undefined) times.push(timePiece("<", "until", filter.until_unix_ms));
  const others = scopePieces(db, filter);
  const session = others[0]?.events.replace("e.", "") ?? null;
  const types = wantedTypes(filter);
  if (types) others.push(typePiece(types));
  const tools = filter.tool_name === undefined ? undefined : toolsLike(db, filter.tool_name);
  if (tools) {
    const params = { tools: JSON.stringify(tools) };
    others.push({ events: `e.tool_name ${IN("tools")}`, requests: null, params });
  }
  if (filter.seq !== undefined)
    others.push({ events: "e.seq = $seq", requests: "r.seq = $seq", params: { seq: filter.seq } });
  if (filter.tags) others.push(tagPiece(filter.tags));
  if (filter.hooks) others.push({ events: `not ${isBookkeepingHook("e")}`, requests: "true", params: {} });
  if (filter.q !== undefined) others.push(textPiece(filter.q));
  const all = [...times, ...others];
  const requests = all.map((piece) => piece.requests);
  return {
    events: ["true", ...all.map((piece) => piece.events)].join(" and "),
    requests: requests.includes(null) ? null : ["true", ...requests].join(" and "),
    params: Object.assign({}, ...all.map((piece) => piece.params)) as Params,
    isByTimeAlone: others.length === 0,
    session,
    types,
    tools,
  };
}
