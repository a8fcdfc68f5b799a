import type { Database } from "bun:sqlite";
import { AFTER_ALL, type Arms, arms, byTime, type FeedFilter, type TimeKey } from "./feed-filter.ts";
import {
  CALL_IS_ALONE,
  CALL_KEY_BASE,
  CALL_TIME,
  TURN_IS_ALONE,
  TURN_KEY_BASE,
  TURN_TIME,
} from "./feed-history.ts";
import type { Arm } from "./feed-pieces.ts";
import type { Params } from "./scope.ts";

const SIZES = {
  /** Newest rows that are read first: a filter that often matches never has to leave them. */
  recent: 5_000,
  /** `q` has no index, so one page reads this many rows and returns where it stopped. */
  text: 10_000,
  /** Up to this many rows of a session or project are sorted, which is faster than walking all rows. */
  few: 50_000,
};
const FROM_START = Number.MIN_SAFE_INTEGER;

type Keys = { keys: TimeKey[]; next_before: TimeKey | null };
/** One search of a table by one of its indexes. */
type Search = { arm: Arm; where: string; sorts: boolean };

/** Table and order of the rows `t` of an arm; `key` and `id` increase with the index of the time. */
type Place = { table: string; time: string; key: string; base: number; id?: string; alone?: string };
const PLACES: Record<Arm, Place> = {
  events: { table: "events", time: "t.time_unix_ms", key: "t.seq", base: 0 },
  requests: { table: "requests", time: "t.time_unix_ms", key: "t.seq", base: 0 },
  calls: {
    table: "tool_calls",
    time: CALL_TIME,
    key: "t.tool_pk",
    base: CALL_KEY_BASE,
    alone: CALL_IS_ALONE,
  },
  turns: {
    table: "turns",
    time: TURN_TIME,
    key: "t.session_pk",
    base: TURN_KEY_BASE,
    id: "t.prompt_id",
    alone: TURN_IS_ALONE,
  },
};
/** Stored events, and rows that are only in files. */
const STORED: Arm[] = ["events", "requests"];
const HISTORY: Arm[] = ["calls", "turns"];

/** Columns with an index of their own: a plus before them makes SQLite use the intended index. */
const INDEXED = ["event_type", "tool_name", "session_pk"] as const;
type Indexed = (typeof INDEXED)[number];

/** A condition in which only `by` may use an index. */
function toWhere(condition: string, by?: Indexed): string {
  return condition.replaceAll(/\bt\.(event_type|tool_name|session_pk)\b/g, (column, name: Indexed) =>
    name === by ? column : `+${column}`,
  );
}

function byTimeIndex(of: Arms, among: Arm[]): Search[] {
  return among.flatMap((arm) => {
    const condition = of[arm];
    return condition === null ? [] : [{ arm, where: toWhere(condition), sorts: false }];
  });
}

function toSql({ arm, where, sorts }: Search): string {
  const { table, key, base, id, alone, ...of } = PLACES[arm];
  const time = sorts ? `+${of.time}` : of.time;
  const isBefore = id ? `(${key}, ${id}) < ($before + ${base}, $id)` : `${key} < $before + ${base}`;
  return `select * from (select ${of.time} as time_unix_ms, ${key} - ${base} as seq, ${id ?? "''"} as id from ${table} t
    where ${time} >= $floor and ${time} <= $time and (${time} < $time or ${isBefore}) and ${where}${alone ? ` and ${alone}` : ""}
    order by ${time} desc, ${key} desc${id ? `, ${id} desc` : ""} limit $limit)`;
}

/** Time of the row that is this many rows before a time. */
function floorsIn(db: Database) {
  const older = ({ table, time }: Place) => `select * from (select ${time} as at from ${table} t
    where ${time} <= $time order by ${time} desc limit 1 offset $rows)`;
  const floorBy = (among: Arm[]) =>
    db.query<{ floor: number | null }, { time: number; rows: number }>(
      `select max(at) as floor from (${among.map((arm) => older(PLACES[arm])).join(" union all ")})`,
    );
  const floors = { false: floorBy(STORED), true: floorBy([...STORED, ...HISTORY]) };
  return (filter: FeedFilter, before: TimeKey, rows: number): number =>
    floors[`${filter.history === true}`].get({ time: before.time_unix_ms, rows })?.floor ?? FROM_START;
}

/** Runs several searches as one, newest first. */
function searcher(db: Database) {
  return (searches: Search[], params: Params, floor: number, before: TimeKey, limit: number): TimeKey[] => {
    if (searches.length === 0) return [];
    const run = db.query<TimeKey, Params>(
      `${searches.map(toSql).join(" union all ")} order by time_unix_ms desc, seq desc, id desc limit $limit`,
    );
    const { time_unix_ms: time, seq, id = "" } = before;
    return run.all({ ...params, floor, time, before: seq, id, limit });
  };
}

/** Keys of the newest rows that a filter lets through, by time. */
export function newestKeys(db: Database, sizes = SIZES) {
  const search = searcher(db);
  const floorOf = floorsIn(db);
  const isFew = createFew(db, sizes.few);

  /** What no event holds is searched as far as the page reaches, by whichever index of its own is the narrowest. */
  function withHistory(
    stored: TimeKey[],
    of: Arms,
    floor: number,
    before: TimeKey,
    limit: number,
  ): TimeKey[] {
    const last = stored.length === limit ? stored.at(-1) : undefined;
    const reach = Math.max(floor, last?.time_unix_ms ?? floor);
    const searches = reach === FROM_START ? historySearches(of, isFew) : byTimeIndex(of, HISTORY);
    const found = search(searches, of.params, reach, before, limit);
    // Rows of one time and session keep their order of arrival.
    return [...stored, ...found].sort((a, b) => byTime(b, a)).slice(0, limit);
  }

  return (filter: FeedFilter, before: TimeKey, limit: number): Keys => {
    const of = arms(db, filter);
    const isText = filter.q !== undefined;
    const rows = isText ? sizes.text : sizes.recent;
    const floor = of.isByTimeAlone ? FROM_START : floorOf(filter, before, rows);
    const find = (searches: Search[], from: number) => {
      const stored = search(searches, of.params, from, before, limit + 1);
      return filter.history ? withHistory(stored, of, from, before, limit + 1) : stored;
    };
    let found = find(byTimeIndex(of, STORED), floor);
    if (found.length <= limit && floor !== FROM_START && !isText)
      found = find(storedSearches(of, isFew), FROM_START);
    const keys = found.slice(0, limit);
    if (found.length > limit) return { keys, next_before: keys.at(-1) ?? null };
    const isEnd = !isText || floor === FROM_START;
    return { keys, next_before: isEnd ? null : { ...AFTER_ALL, time_unix_ms: floor - 1 } };
  };
}

type Few = (of: Arms, arm: Arm) => boolean;

function createFew(db: Database, few: number): Few {
  return (of, arm) =>
    of.session !== null &&
    db
      .query<{ n: number }, Params>(
        `select count(*) as n from (select 1 from ${PLACES[arm].table} t where ${of.session} limit ${few + 1})`,
      )
      .get(of.params)!.n <= few;
}

const bySession = (of: Arms, among: Arm[]): Search[] =>
  byTimeIndex(of, among).map((search) => ({
    ...search,
    where: toWhere(of[search.arm]!, "session_pk"),
    sorts: true,
  }));

/** Searches for older rows, by the narrowest index. */
function storedSearches(of: Arms, isFew: Few): Search[] {
  if (isFew(of, "events")) return bySession(of, STORED);
  const [events, ...requests] = byTimeIndex(of, STORED);
  if (!events) return requests;
  const each = (column: Indexed, index: number): Search => ({
    ...events,
    where: `t.${column} = (select value from json_each($${column === "tool_name" ? "tools" : "types"}) where key = ${index}) and ${events.where}`,
  });
  if (of.tools) {
    const unnamed = `t.event_type = 'tool_rejected' and t.tool_name is null and ${events.where}`;
    return [...of.tools.map((_, index) => each("tool_name", index)), { ...events, where: unnamed }];
  }
  if (of.types) return [...of.types.map((_, index) => each("event_type", index)), ...requests];
  return [events, ...requests];
}

function historySearches(of: Arms, isFew: Few): Search[] {
  if (isFew(of, "calls")) return bySession(of, HISTORY);
  return byTimeIndex(of, HISTORY).map((search) =>
    search.arm === "calls" && of.tools
      ? { ...search, where: toWhere(of.calls!, "tool_name"), sorts: true }
      : search,
  );
}
