import type { Database } from "bun:sqlite";
import type { FeedEvent } from "../../schema/events.ts";
import { AFTER_ALL, type Arms, arms, byTime, type FeedFilter, type TimeKey } from "./feed-filter.ts";
import { historyRows } from "./feed-history.ts";
import { newestKeys } from "./feed-newest.ts";
import { typesOf } from "./feed-pieces.ts";
import {
  EVENT_ROWS,
  type EventRow,
  fromEvent,
  fromRequest,
  REQUEST_EVENT_ROWS,
  type RequestEventRow,
} from "./feed-row.ts";
import type { Params } from "./scope.ts";

export type FeedPage = { events: FeedEvent[]; next_before: TimeKey | null };

type RecentParams = { seq: number; since: number; sessions: string; limit: number };

/** Rows in one step of an export. */
const WINDOW = 5_000;

/** What happened, as events, for lists, streams and exports. */
export function feedQueries(db: Database) {
  const bounds = feedBounds(db);
  return {
    ...bounds,
    ...feedAfter(db),
    newest: newestPages(db),
    ascending: ascendingSteps(db, bounds.lastSeq),
  };
}

function feedBounds(db: Database) {
  const last = db.query<{ seq: number | null }, []>(
    "select max(m) as seq from (select max(seq) as m from events union all select max(seq) from requests)",
  );
  const first = db.query<{ seq: number | null }, []>(
    "select min(m) as seq from (select min(seq) as m from events union all select min(seq) from requests)",
  );
  return { lastSeq: () => last.get()?.seq ?? 0, firstSeq: () => first.get()?.seq ?? 0 };
}

/** The events and requests of these numbers. */
function feedRows(db: Database): (seqs: number[]) => FeedEvent[] {
  const eventsOf = db.query<EventRow, [string]>(
    `${EVENT_ROWS} where e.seq in (select value from json_each(?))`,
  );
  const requestsOf = db.query<RequestEventRow, [string]>(
    `${REQUEST_EVENT_ROWS} where r.seq in (select value from json_each(?))`,
  );
  return (seqs) => {
    const ids = JSON.stringify(seqs);
    return [...eventsOf.all(ids).map(fromEvent), ...requestsOf.all(ids).map(fromRequest)];
  };
}

function feedAfter(db: Database) {
  const eventsAfter = db.query<EventRow, [number, number]>(
    `${EVENT_ROWS} where e.seq > ? order by e.seq limit ?`,
  );
  const requestsAfter = db.query<RequestEventRow, [number, number]>(
    `${REQUEST_EVENT_ROWS} where r.seq > ? order by r.seq limit ?`,
  );
  const recent = (alias: string) => `${alias}.seq > $seq and (${alias}.time_unix_ms >= $since
    or s.source || ':' || s.source_session_id in (select value from json_each($sessions)))
    order by ${alias}.seq limit $limit`;
  const recentEvents = db.query<EventRow, RecentParams>(`${EVENT_ROWS} where ${recent("e")}`);
  const recentRequests = db.query<RequestEventRow, RecentParams>(
    `${REQUEST_EVENT_ROWS} where ${recent("r")}`,
  );

  const planEvents = db.query<EventRow, { seq: number; plan_key: string | null; limit: number }>(`
    ${EVENT_ROWS} where e.event_type in (${typesOf("plan")
      .map((t) => `'${t}'`)
      .join(", ")}) and e.seq > $seq
      and ($plan_key is null or e.event_id like 'plan:' || $plan_key || ':%') order by e.seq limit $limit`);

  return {
    /** Everything after `seq`, oldest first: the input of a stream. */
    after(seq: number, limit: number): FeedEvent[] {
      const events = eventsAfter.all(seq, limit).map(fromEvent);
      const requests = requestsAfter.all(seq, limit).map(fromRequest);
      return [...events, ...requests].sort((a, b) => a.seq - b.seq).slice(0, limit);
    },

    /** The same without what is older than `since`, but for these sessions: of a history that is imported, almost nothing. */
    recentAfter(seq: number, since: number, session_keys: Iterable<string>, limit: number): FeedEvent[] {
      const params = { seq, since, sessions: JSON.stringify([...session_keys]), limit };
      const events = recentEvents.all(params).map(fromEvent);
      const requests = recentRequests.all(params).map(fromRequest);
      return [...events, ...requests].sort((a, b) => a.seq - b.seq).slice(0, limit);
    },

    /** Events of all plans or of one, oldest first. */
    planEventsAfter(seq: number, plan_key: string | undefined, limit: number): FeedEvent[] {
      return planEvents.all({ seq, plan_key: plan_key ?? null, limit }).map(fromEvent);
    },
  };
}

/** Newest first by time, below `before`. */
function newestPages(db: Database) {
  const rowsOf = feedRows(db);
  const newest = newestKeys(db);
  const history = historyRows(db);
  return (filter: FeedFilter, before: TimeKey | undefined, limit: number): FeedPage => {
    const { keys, next_before } = newest(filter, before ?? AFTER_ALL, limit);
    const seqs = keys.map(({ seq }) => seq).filter((seq) => seq > 0);
    const stored = new Map(rowsOf(seqs).map((event) => [event.seq, event]));
    const read = history(keys.filter(({ seq }) => seq < 0));
    const events = keys.flatMap((key) => (key.seq > 0 ? stored.get(key.seq) : read(key)) ?? []);
    return { events, next_before };
  };
}

/**
 * Oldest first by time, whatever the order of import, without what is stored after the start. Each step is a window of
 * keys of the time index, so that no filter makes a step long; an empty window is an empty array.
 */
function ascendingSteps(db: Database, lastSeq: () => number) {
  const rowsOf = feedRows(db);
  const { windowEnd, keysBetween } = feedWindows(db);
  return function* ascending(filter: FeedFilter, window = WINDOW): Generator<FeedEvent[]> {
    const where = arms(db, filter);
    const end = lastSeq();
    let low: TimeKey = { time_unix_ms: filter.from_unix_ms ?? Number.MIN_SAFE_INTEGER, seq: 0 };
    for (;;) {
      const high = windowEnd.get({ time: low.time_unix_ms, seq: low.seq, end, offset: window - 1 });
      yield rowsOf(keysBetween(where, low, high ?? AFTER_ALL, end)).sort(byTime);
      if (!high || high.time_unix_ms >= (filter.until_unix_ms ?? Number.POSITIVE_INFINITY)) return;
      low = high;
    }
  };
}

/** Steps of an export, in the order of time. */
function feedWindows(db: Database) {
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
    const parts = [];
    if (where.events !== null) parts.push(arm("events", where.events));
    if (where.requests !== null) parts.push(arm("requests", where.requests));
    if (parts.length === 0) return [];
    const bounds = {
      low_time: low.time_unix_ms,
      low_seq: low.seq,
      high_time: high.time_unix_ms,
      high_seq: high.seq,
    };
    const run = db.query<{ seq: number }, Params>(parts.join(" union all "));
    return run.all({ ...where.params, ...bounds, end }).map((r) => r.seq);
  }
  return { windowEnd, keysBetween };
}
