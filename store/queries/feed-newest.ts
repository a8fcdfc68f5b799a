import type { Database } from "bun:sqlite";
import { type Arms, arms, type FeedFilter, type TimeKey } from "./feed-filter.ts";
import type { Params } from "./scope.ts";

const SIZES = {
  /** Newest rows that are looked at first: a filter that is met often never has to leave them. */
  recent: 5_000,
  /** `q` has no index, so one page looks at so many rows and hands on where it stopped. */
  text: 10_000,
  /** So many events of a session or project are sorted sooner than they are found by walking all events. */
  few: 50_000,
};
const FROM_START = Number.MIN_SAFE_INTEGER;

type Keys = { keys: TimeKey[]; next_before: TimeKey | null };
/** One look at a table by one of its indexes. */
type Look = { table: "events" | "requests"; where: string; sorts: boolean };

/** Columns with an index of their own: a plus before them leaves SQLite the index that a look means. */
const INDEXED = ["event_type", "tool_name", "session_pk"] as const;
type Indexed = (typeof INDEXED)[number];

/** A condition on `t`, in which only `by` may choose the index. */
function toLook(condition: string, by?: Indexed): string {
  const own = condition.replaceAll(/\b[er]\./g, "t.");
  return own.replaceAll(/\bt\.(event_type|tool_name|session_pk)\b/g, (column, name: Indexed) =>
    name === by ? column : `+${column}`,
  );
}

/** Keys of the newest rows that a filter lets through, by time. */
export function newestKeys(db: Database, sizes = SIZES) {
  const older = (table: string) => `select * from (select time_unix_ms as t from ${table}
    where time_unix_ms <= $time order by time_unix_ms desc limit 1 offset $rows)`;
  const floorOf = db.query<{ floor: number | null }, { time: number; rows: number }>(
    `select max(t) as floor from (${older("events")} union all ${older("requests")})`,
  );

  function look(looks: Look[], params: Params, floor: number, before: TimeKey, limit: number): TimeKey[] {
    const parts = looks.map(({ table, where, sorts }) => {
      const time = sorts ? "+t.time_unix_ms" : "t.time_unix_ms";
      return `select * from (select t.time_unix_ms, t.seq from ${table} t
        where ${time} >= $floor and ${time} <= $time and (${time} < $time or t.seq < $before) and ${where}
        order by ${time} desc, t.seq desc limit $limit)`;
    });
    const run = db.query<TimeKey, Params>(
      `${parts.join(" union all ")} order by time_unix_ms desc, seq desc limit $limit`,
    );
    return run.all({ ...params, floor, time: before.time_unix_ms, before: before.seq, limit });
  }

  function byTimeIndex(of: Arms): Look[] {
    const looks: Look[] = [{ table: "events", where: toLook(of.events), sorts: false }];
    if (of.requests !== null) looks.push({ table: "requests", where: toLook(of.requests), sorts: false });
    return looks;
  }

  function isFew(of: Arms, session: string): boolean {
    const count = db.query<{ n: number }, Params>(
      `select count(*) as n from (select 1 from events t where t.${session} limit ${sizes.few + 1})`,
    );
    return count.get(of.params)!.n <= sizes.few;
  }

  /** Where the rows are that lie further back, by the narrowest index. */
  function looksOf(of: Arms): Look[] {
    const requests = byTimeIndex(of).slice(1);
    if (of.session !== null && isFew(of, of.session)) {
      const looks: Look[] = [{ table: "events", where: toLook(of.events, "session_pk"), sorts: true }];
      if (of.requests === null) return looks;
      return [...looks, { table: "requests", where: toLook(of.requests, "session_pk"), sorts: true }];
    }
    const each = (column: Indexed, index: number): Look => ({
      table: "events",
      where: `t.${column} = (select value from json_each($${column === "tool_name" ? "tools" : "types"}) where key = ${index}) and ${toLook(of.events)}`,
      sorts: false,
    });
    if (of.tools) return of.tools.map((_, index) => each("tool_name", index));
    if (of.types) return [...of.types.map((_, index) => each("event_type", index)), ...requests];
    return byTimeIndex(of);
  }

  return (filter: FeedFilter, before: TimeKey, limit: number): Keys => {
    const of = arms(db, filter);
    const isText = filter.q !== undefined;
    const rows = isText ? sizes.text : sizes.recent;
    const floor = of.isByTimeAlone
      ? FROM_START
      : (floorOf.get({ time: before.time_unix_ms, rows })?.floor ?? FROM_START);
    let found = look(byTimeIndex(of), of.params, floor, before, limit + 1);
    if (found.length <= limit && floor !== FROM_START && !isText) {
      const looks = looksOf(of);
      found = looks.length === 0 ? [] : look(looks, of.params, FROM_START, before, limit + 1);
    }
    const keys = found.slice(0, limit);
    if (found.length > limit) return { keys, next_before: keys.at(-1) ?? null };
    const isEnd = !isText || floor === FROM_START;
    return { keys, next_before: isEnd ? null : { time_unix_ms: floor, seq: 0 } };
  };
}
