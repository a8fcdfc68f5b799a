import type { Database } from "bun:sqlite";
import type { EventCategory, EventType } from "../../schema/event-catalogue.ts";
import {
  ARMS,
  type Arm,
  idPiece,
  type Piece,
  questionPiece,
  scopePieces,
  seqPiece,
  tagPiece,
  textPiece,
  timePiece,
  toolPiece,
  typePiece,
  typesOf,
} from "./feed-pieces.ts";
import type { Params, Scope } from "./scope.ts";

export type FeedFilter = Scope & {
  event_type?: EventType[] | undefined;
  event_category?: EventCategory[] | undefined;
  tool_name?: string | undefined;
  /** Event types, categories or tool names; any of them. */
  tags?: string[] | undefined;
  /** Without the hooks that only serve bookkeeping. */
  hooks?: "asking" | undefined;
  q?: string | undefined;
  seq?: number | undefined;
  event_id?: string | undefined;
  /** Also prompts and calls that no event holds; for `newest` alone. */
  history?: boolean | undefined;
  from_unix_ms?: number | undefined;
  until_unix_ms?: number | undefined;
};
/** A place in the order of time. `id`: of prompts of one session at one time. */
export type TimeKey = { time_unix_ms: number; seq: number; id?: string };
export const AFTER_ALL: TimeKey = { time_unix_ms: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };
export const byTime = (a: TimeKey, b: TimeKey) => a.time_unix_ms - b.time_unix_ms || a.seq - b.seq;

function wantedTypes(filter: FeedFilter): EventType[] | undefined {
  const byCategory = filter.event_category?.flatMap(typesOf);
  if (!filter.event_type) return byCategory;
  return byCategory ? filter.event_type.filter((t) => byCategory.includes(t)) : filter.event_type;
}

export type Arms = Record<Arm, string | null> & {
  params: Params;
  /** Filters by time only. */
  isByTimeAlone: boolean;
  /** Condition on a session's number; null = any session. */
  session: string | null;
  types: EventType[] | undefined;
  tools: string[] | undefined;
};

export function arms(db: Database, filter: FeedFilter): Arms {
  const times: Piece[] = [];
  if (filter.from_unix_ms !== undefined) times.push(timePiece(">=", "from", filter.from_unix_ms));
  if (filter.until_unix_ms !== undefined) times.push(timePiece("<", "until", filter.until_unix_ms));
  const scope = scopePieces(db, filter);
  const types = wantedTypes(filter);
  const tool = filter.tool_name === undefined ? undefined : toolPiece(db, filter.tool_name);
  const others: Piece[] = [...scope];
  if (types) others.push(typePiece(types));
  if (tool) others.push(tool);
  if (filter.seq !== undefined) others.push(seqPiece(filter.seq));
  if (filter.event_id !== undefined) others.push(idPiece(filter.event_id));
  if (filter.tags) others.push(tagPiece(filter.tags));
  if (filter.hooks) others.push(questionPiece);
  if (filter.q !== undefined) others.push(textPiece(filter.q));
  const all = [...times, ...others];
  return {
    ...joined(all),
    params: Object.assign({}, ...all.map((piece) => piece.params)) as Params,
    isByTimeAlone: others.length === 0,
    session: scope[0]?.events ?? null,
    types,
    tools: tool?.tools,
  };
}

/** The condition of each table; null if a filter excludes all of its rows. */
function joined(pieces: Piece[]): Record<Arm, string | null> {
  const conditions = ARMS.map((arm) => {
    const own = pieces.map((piece) => piece[arm]);
    return [arm, own.includes(null) ? null : ["true", ...own].join(" and ")];
  });
  return Object.fromEntries(conditions) as Record<Arm, string | null>;
}
