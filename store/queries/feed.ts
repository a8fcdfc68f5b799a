import type { Database } from "bun:sqlite";
import {
  EVENT_CATEGORIES,
  EVENT_TYPE_NAMES,
  EVENT_TYPES,
  type EventCategory,
  type EventType,
} from "../../schema/event-catalogue.ts";
import type { FeedEvent } from "../../schema/events.ts";
import {
  EVENT_ROWS,
  type EventRow,
  fromEvent,
  fromRequest,
  REQUEST_EVENT_ROWS,
  type RequestEventRow,
} from "./feed-row.ts";
import { likePattern, type Params, type Scope, sessionConditions } from "./scope.ts";

export type FeedFilter = Scope & {
  event_type?: EventType[] | undefined;
  event_category?: EventCategory[] | undefined;
  tool_name?: string | undefined;
  /** Event types, categories or tool names; any of them. */
  tags?: string[] | undefined;
  q?: string | undefined;
  from_unix_ms?: number | undefined;
  until_unix_ms?: number | undefined;
};
/** A place in the order of time. */
type TimeKey = { time_unix_ms: number; seq: number };
const AFTER_ALL: TimeKey = { time_unix_ms: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };
const byTime = (a: TimeKey, b: TimeKey) => a.time_unix_ms - b.time_unix_ms || a.seq - b.seq;

export type FeedPage = { events: FeedEvent[]; next_before: number | null };

/** Newest rows that are looked at first: a filter that is met often never has to leave them. */
const RECENT = 5_000;
/** `q` has no index, so one page looks at so many rows and hands on where it stopped. */
const TEXT_WINDOW = 10_000;

const typesOf = (category: EventCategory) => EVENT_TYPE_NAMES.filter((t) => EVENT_TYPES[t] === category);

function wantedTypes(filter: FeedFilter): EventType[] | undefined {
  const byCategory = filter.event_category?.flatMap(typesOf);
  if (!filter.event_type) return byCategory;
  return byCategory ? filter.event_type.filter((t) => byCategory.includes(t)) : filter.event_type;
}

/** One filter as a condition on `events e` and on `requests r`; null where no request can match. */
type Piece = { events: string; requests: string | null; params: Params };
type Arms = Piece & { isByTimeAlone: boolean };

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

function arms(db: Database, filter: FeedFilter): Arms {
  const times: Piece[] = [];
  if (filter.from_unix_ms !== undefined) times.push(timePiece(">=", "from", filter.from_unix_ms));
  if (filter.until_unix_ms !== undefined) times.push(timePiece("<", "until", filter.until_unix_ms));
  const others = scopePieces(db, filter);
  const types = wantedTypes(filter);
  if (types) others.push(typePiece(types));
  if (filter.tool_name !== undefined)
    others.push({
      events: "e.tool_name = $tool_name",
      requests: null,
      params: { tool_name: filter.tool_name },
    });
  if (filter.tags) others.push(tagPiece(filter.tags));
  if (filter.q !== undefined) others.push(textPiece(filter.q));
  const all = [...times, ...others];
  const requests = all.map((piece) => piece.requests);
  return {
    events: ["true", ...all.map((piece) => piece.events)].join(" and "),
    requests: requests.includes(null) ? null : ["true", ...requests].join(" and "),
    params: Object.assign({}, ...all.map((piece) => piece.params)) as Params,
    isByTimeAlone: times.length > 0 && others.length === 0,
  };
}

export function feedQueries(db: Database) {
  const last = db.query<{ seq: number | null }, []>(
    "select max(m) as seq from (select max(seq) as m from events union all select max(seq) from requests)",
  );
  const first = db.query<{ seq: number | null }, []>(
    "select min(m) as seq from (select min(seq) as m from events union all select min(seq) from requests)",
  );
  const eventsOf = db.query<EventRow, [string]>(
    `${EVENT_ROWS} where e.seq in (select value from json_each(?))`,
  );
  const requestsOf = db.query<RequestEventRow, [string]>(
    `${REQUEST_EVENT_ROWS} where r.seq in (select value from json_each(?))`,
  );
  const eventsAfter = db.query<EventRow, [number, number]>(
    `${EVENT_ROWS} where e.seq > ? order by e.seq limit ?`,
  );
  const requestsAfter = db.query<RequestEventRow, [number, number]>(
    `${REQUEST_EVENT_ROWS} where r.seq > ? order by r.seq limit ?`,
  );

  const planEvents = db.query<EventRow, { seq: number; plan_key: string | null; limit: number }>(`
    ${EVENT_ROWS} where e.event_type in (${typesOf("plan")
      .map((t) => `'${t}'`)
      .join(", ")}) and e.seq > $seq
      and ($plan_key is null or e.event_id like 'plan:' || $plan_key || ':%') order by e.seq limit $limit`);

  function rowsOf(seqs: number[]): FeedEvent[] {
    const ids = JSON.stringify(seqs);
    return [...eventsOf.all(ids).map(fromEvent), ...requestsOf.all(ids).map(fromRequest)];
  }

  /**
   * `floor <= seq < before`, newest first. Where nothing but time is asked, its index is read whole: it holds the
   * sequence numbers, too, and a range that lies far back is not found by walking the table from its end.
   */
  function seqs(
    { events, requests, params, isByTimeAlone }: Arms,
    floor: number,
    before: number,
    limit: number,
  ): number[] {
    // The plus hides the order of the table from SQLite, which would walk it, and leaves it the index on time.
    const seq = isByTimeAlone && floor === 0 ? "+t.seq" : "t.seq";
    const arm = (table: string, where: string) => `select * from (select t.seq from ${table} t
      where ${seq} < $before and ${seq} >= $floor and ${where} order by ${seq} desc limit $limit)`;
    const parts = [arm("events", events.replaceAll(/\be\./g, "t."))];
    if (requests !== null) parts.push(arm("requests", requests.replaceAll(/\br\./g, "t.")));
    const ask = db.query<{ seq: number }, Params>(
      `${parts.join(" union all ")} order by seq desc limit $limit`,
    );
    return ask.all({ ...params, floor, before, limit }).map((r) => r.seq);
  }

  const behind = (table: string) => `select * from (select time_unix_ms, seq from ${table}
    where (time_unix_ms, seq) > ($time, $seq) and seq <= $end order by time_unix_ms, seq limit $offset + 1)`;
  const windowEnd = db.query<TimeKey, { time: number; seq: number; end: number; offset: number }>(
    `${behind("events")} union all ${behind("requests")} order by time_unix_ms, seq limit 1 offset $offset`,
  );

  /** `low < (time, seq) <= high`, of rows up to `end`. */
  function keysBetween(where: Arms, low: TimeKey, high: TimeKey, end: number): number[] {
    const arm = (table: string, condition: string) => `select t.seq from ${table} t
      where t.time_unix_ms between $low_time and $high_time and (t.time_unix_ms, t.seq) > ($low_time, $low_seq)
      and (t.time_unix_ms, t.seq) <= ($high_time, $high_seq) and t.seq <= $end and ${condition}`;
    const parts = [arm("events", where.events.replaceAll(/\be\./g, "t."))];
    if (where.requests !== null) parts.push(arm("requests", where.requests.replaceAll(/\br\./g, "t.")));
    const bounds = {
      low_time: low.time_unix_ms,
      low_seq: low.seq,
      high_time: high.time_unix_ms,
      high_seq: high.seq,
    };
    const ask = db.query<{ seq: number }, Params>(parts.join(" union all "));
    return ask.all({ ...where.params, ...bounds, end }).map((r) => r.seq);
  }

  return {
    lastSeq: () => last.get()?.seq ?? 0,
    firstSeq: () => first.get()?.seq ?? 0,

    /** Newest first by seq, below `before`. */
    newest(filter: FeedFilter, before: number | undefined, limit: number): FeedPage {
      const top = Math.min(before ?? Number.MAX_SAFE_INTEGER, (last.get()?.seq ?? 0) + 1);
      const where = arms(db, filter);
      const isText = filter.q !== undefined;
      const floor = Math.max(0, top - (isText ? TEXT_WINDOW : RECENT));
      let found = seqs(where, floor, top, limit + 1);
      const isDone = isText || floor === 0 || found.length > limit;
      if (!isDone) found = seqs(where, 0, top, limit + 1);
      const more = found.length > limit;
      const page = found.slice(0, limit);
      const events = rowsOf(page).sort((a, b) => b.seq - a.seq);
      if (more) return { events, next_before: page.at(-1) ?? null };
      return { events, next_before: isText && floor > 0 ? floor : null };
    },

    /** Everything behind `seq`, oldest first: what a stream reads forward. */
    after(seq: number, limit: number): FeedEvent[] {
      const events = eventsAfter.all(seq, limit).map(fromEvent);
      const requests = requestsAfter.all(seq, limit).map(fromRequest);
      return [...events, ...requests].sort((a, b) => a.seq - b.seq).slice(0, limit);
    },

    /** Events of all plans or of one, oldest first. */
    planEventsAfter(seq: number, plan_key: string | undefined, limit: number): FeedEvent[] {
      return planEvents.all({ seq, plan_key: plan_key ?? null, limit }).map(fromEvent);
    },

    /**
     * Oldest first by time, whatever the order of import; what is stored after the start is left out. A window of so
     * many keys of the time index at a time, so no filter makes one step long; an empty window is an empty array.
     */
    *ascending(filter: FeedFilter, window = RECENT): Generator<FeedEvent[]> {
      const where = arms(db, filter);
      const end = last.get()?.seq ?? 0;
      let low: TimeKey = { time_unix_ms: filter.from_unix_ms ?? Number.MIN_SAFE_INTEGER, seq: 0 };
      for (;;) {
        const high = windowEnd.get({ time: low.time_unix_ms, seq: low.seq, end, offset: window - 1 });
        yield rowsOf(keysBetween(where, low, high ?? AFTER_ALL, end)).sort(byTime);
        if (!high || high.time_unix_ms >= (filter.until_unix_ms ?? Number.POSITIVE_INFINITY)) return;
        low = high;
      }
    },
  };
}
