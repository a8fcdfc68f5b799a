import type { Database } from "bun:sqlite";
import { projectOf } from "../../schema/projects.ts";
import { noSums, type Sums } from "../sums.ts";
import { type Scope, sessionConditions } from "./scope.ts";
import { MONEY_SUMS, SUMS } from "./totals.ts";
import { QUARTER_MS, type Range } from "./zone.ts";

/** `range` is the index of the range of a row. */
export type UsageRow = Sums & { range: number; session_pk: number | null; model: string | null };
export type CountRow = { range: number; session_pk: number | null; event_type: string | null; count: number };
export type SessionFacts = {
  session_pk: number;
  session_key: string;
  project: string;
  source: string;
  account: string;
};
type Split = { session?: boolean; model?: boolean; event_type?: boolean; columns?: "all" | "money" };
type Table = { name: "usage_rollup" | "event_rollup"; columns: string; split: string | null; where: string };
type RangeRow = { session_pk: number | null; range: number };

/** Up to this many sessions are read by their own index, whatever the range. */
const FEW_SESSIONS = 20;

/** Sums and counts by range, session and model or event type. */
export function rollupQueries(db: Database) {
  const read = rollupReader(db);
  const facts = db.query<SessionFacts, []>(`
    select session_pk, source || ':' || source_session_id as session_key, coalesce(project_path, '') as project, source,
      coalesce(account, 'default') as account
    from sessions`);
  const first = db.query<{ t: number | null }, []>(`
    select min(t) as t from (select min(bucket_unix_ms) as t from usage_rollup
      union all select min(bucket_unix_ms) from event_rollup)`);
  const unread = db.query<{ lines: number }, []>(
    "select count(*) as lines from rejects where reason = 'oversize'",
  );

  return {
    sessionsIn: (scope: Scope) => sessionsIn(db, scope),
    /** Start of the first quarter hour with data; null in an empty store. */
    firstRecord: () => first.get()?.t ?? null,
    /** Lines of no known shape, without any usable figure. */
    unreadLines: (): number => unread.get()!.lines,
    /** Facts of a session, for queries that are split by it. */
    sessionFacts: () =>
      new Map(facts.all().map((f) => [f.session_pk, { ...f, project: projectOf(f.project) }])),

    usage(ranges: Range[], wanted: Wanted, split: Split): UsageRow[] {
      const sums = split.columns === "money" ? MONEY_SUMS : SUMS;
      const columns = `${split.model ? "u.model" : "null as model"}, ${sums}`;
      const key = split.model ? "u.model" : null;
      const table: Table = { name: "usage_rollup", columns, split: key, where: "true" };
      const rows = read<UsageRow>(table, ranges, wanted, split.session ?? false);
      return split.columns === "money" ? rows.map((row) => ({ ...noSums(), ...row })) : rows;
    },

    /** Without `api_response`: those are requests, and are counted as such. */
    events(ranges: Range[], wanted: Wanted, split: Split): CountRow[] {
      const columns = `${split.event_type ? "u.event_type" : "null as event_type"}, sum(u.events) as count`;
      const key = split.event_type ? "u.event_type" : null;
      const where = "u.event_type <> 'api_response'";
      const table: Table = { name: "event_rollup", columns, split: key, where };
      return read<CountRow>(table, ranges, wanted, split.session ?? false);
    },
  };
}

/** Undefined = every session. */
type Wanted = Set<number> | undefined;

function sessionsIn(db: Database, scope: Scope): Wanted {
  const { sql, params } = sessionConditions(db, scope);
  if (!sql) return undefined;
  const pks = db.query<{ pk: number }, typeof params>(
    `select s.session_pk as pk from sessions s where ${sql}`,
  );
  return new Set(pks.all(params).map((r) => r.pk));
}

/**
 * Reads a rollup range by range with one statement: a range is a range of its key, and grouping by key ranges costs a
 * fraction of grouping the whole table by a computed bucket. Sessions are resolved here and not by a join, which SQLite
 * would repeat for every row.
 */
function rollupReader(db: Database) {
  return <R extends RangeRow>(table: Table, ranges: Range[], wanted: Wanted, bySession: boolean): R[] => {
    if (wanted && wanted.size <= FEW_SESSIONS) return readSessions<R>(db, table, ranges, wanted);
    const keys = [...(bySession || wanted ? ["u.session_pk"] : []), ...(table.split ? [table.split] : [])];
    const run = db.query<R, [number, number]>(`
      select ${keys[0] === "u.session_pk" ? "u.session_pk" : "null as session_pk"}, ${table.columns} from ${table.name} u
      where u.bucket_unix_ms >= ? and u.bucket_unix_ms < ? and ${table.where}
      ${keys.length > 0 ? `group by ${keys.join(", ")}` : ""} having count(*) > 0`);
    const found: R[] = [];
    for (const [range, { from_unix_ms, until_unix_ms }] of ranges.entries())
      for (const row of run.all(from_unix_ms, until_unix_ms))
        if (!wanted || wanted.has(row.session_pk ?? -1)) {
          row.range = range;
          found.push(row);
        }
    return found;
  };
}

function readSessions<R extends RangeRow>(
  db: Database,
  table: Table,
  ranges: Range[],
  wanted: Set<number>,
): R[] {
  const run = db.query<R & { bucket_unix_ms: number }, [number]>(`
    select u.bucket_unix_ms, u.session_pk, ${table.columns} from ${table.name} u
    where u.session_pk = ? and ${table.where} group by u.bucket_unix_ms ${table.split ? `, ${table.split}` : ""}`);
  const rows = [...wanted].flatMap((pk) => run.all(pk));
  return rows
    .map((row) => ({ ...row, range: rangeOf(ranges, row.bucket_unix_ms) }))
    .filter((r) => r.range >= 0);
}

/** Ranges are in order and do not overlap; -1 if none contains the whole quarter hour. */
function rangeOf(ranges: Range[], unixMs: number): number {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const { from_unix_ms, until_unix_ms } = ranges[middle]!;
    if (unixMs < from_unix_ms) high = middle - 1;
    else if (unixMs + QUARTER_MS > until_unix_ms) low = middle + 1;
    else return middle;
  }
  return -1;
}
