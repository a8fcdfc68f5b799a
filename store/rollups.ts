import type { Database } from "bun:sqlite";
import { ADD_SUMS, addSums, noSums, SUM_NAMES, SUM_OF_REQUEST, type Sums } from "./sums.ts";
import { columnsOf, insertInto } from "./table.ts";
import { EVENT_ROLLUP } from "./tables/events.ts";
import { USAGE_ROLLUP } from "./tables/requests.ts";
import { createTotals, rebuildTotals, TOTALS_PAIRS } from "./totals.ts";
import { createTurnSums, type TurnRequest, turnPair } from "./turn-sums.ts";

const BUCKET_MS = 15 * 60 * 1000;

function bucketOf(unixMs: number): number {
  return Math.floor(unixMs / BUCKET_MS) * BUCKET_MS;
}

type UsageRow = { bucket: number; session_pk: number; agent_id: string; model: string; sums: Sums };
type Summed = TurnRequest & { time_unix_ms: number; agent_id: string; model: string };
type EventRow = { bucket: number; session_pk: number; event_type: string; tool_name: string; events: number };

/**
 * Collects one transaction's differences in memory and writes each changed row once. `touch` receives their sessions.
 */
export function createRollups(db: Database, touch: (session_pk: number) => void = () => {}) {
  const usage = gatherUsage();
  const events = gatherEvents();
  const put = rollupWriters(db);
  const totals = createTotals(db);
  const turns = createTurnSums(db);

  return {
    addRequest(row: Summed, sums: Sums, sign: 1 | -1): void {
      const bucket = bucketOf(row.time_unix_ms);
      turns.add(bucket, row, sums, sign);
      usage.add(bucket, row, sums, sign);
    },
    addEvent: events.add,
    flush(): void {
      for (const { session_pk } of usage.rows()) touch(session_pk);
      put.usage(usage.rows(), usage.hasShrunk());
      put.events(events.rows());
      turns.flush(usage.hasShrunk());
      totals.add(usage.rows(), events.rows());
      this.clear();
    },
    clear(): void {
      turns.clear();
      usage.clear();
      events.clear();
    },
  };
}

function gatherUsage() {
  const rows = new Map<string, UsageRow>();
  let shrank = false;
  /** Requests come in the order of a file, so most add to the row of the one before. */
  let last: UsageRow | undefined;
  return {
    rows: () => rows.values(),
    hasShrunk: () => shrank,
    add(bucket: number, { session_pk, agent_id, model }: Summed, sums: Sums, sign: 1 | -1): void {
      if (sign < 0) shrank = true;
      const isSame =
        last?.bucket === bucket &&
        last.session_pk === session_pk &&
        last.agent_id === agent_id &&
        last.model === model;
      const key = isSame ? "" : `${bucket} ${session_pk} ${agent_id} ${model}`;
      last = (isSame ? last : rows.get(key)) ?? { bucket, session_pk, agent_id, model, sums: noSums() };
      if (!isSame) rows.set(key, last);
      addSums(last.sums, sums, sign);
    },
    clear(): void {
      last = undefined;
      rows.clear();
      shrank = false;
    },
  };
}

function gatherEvents() {
  const rows = new Map<string, EventRow>();
  return {
    rows: () => rows.values(),
    add(time_unix_ms: number, session_pk: number, event_type: string, tool_name: string): void {
      const bucket = bucketOf(time_unix_ms);
      const key = `${bucket} ${session_pk} ${event_type} ${tool_name}`;
      const row = rows.get(key);
      if (row) row.events++;
      else rows.set(key, { bucket, session_pk, event_type, tool_name, events: 1 });
    },
    clear: () => rows.clear(),
  };
}

function rollupWriters(db: Database) {
  const add = "on conflict do update set events = events + excluded.events";
  const putUsage = db.query(insertInto(USAGE_ROLLUP, columnsOf(USAGE_ROLLUP), ADD_SUMS));
  const putEvents = db.query(insertInto(EVENT_ROLLUP, columnsOf(EVENT_ROLLUP), add));
  const dropEmpty = db.query(`
    delete from usage_rollup where bucket_unix_ms = ? and session_pk = ? and agent_id = ? and model = ?
    and ${SUM_NAMES.map((s) => `${s} = 0`).join(" and ")}`);
  return {
    usage(rows: Iterable<UsageRow>, hasShrunk: boolean): void {
      const all = [...rows];
      for (const { bucket, session_pk, agent_id, model, sums } of all)
        if (SUM_NAMES.some((s) => sums[s] !== 0))
          putUsage.run(bucket, session_pk, agent_id, model, ...SUM_NAMES.map((s) => sums[s]));
      if (!hasShrunk) return;
      for (const { bucket, session_pk, agent_id, model } of all)
        dropEmpty.run(bucket, session_pk, agent_id, model);
    },
    events(rows: Iterable<EventRow>): void {
      for (const row of rows)
        putEvents.run(row.bucket, row.session_pk, row.event_type, row.tool_name, row.events);
    },
  };
}
export type Rollups = ReturnType<typeof createRollups>;

/** A part that was billed without any usage adds to no sum: it has no row, however the sums were computed. */
const NOT_EMPTY = SUM_NAMES.map((s) => `${s} <> 0`).join(" or ");
const RECOMPUTED_USAGE = `
  select * from (
    select time_unix_ms - time_unix_ms % ${BUCKET_MS} as bucket_unix_ms, session_pk, agent_id, model,
      ${SUM_NAMES.map((name) => `sum(${SUM_OF_REQUEST[name]}) as ${name}`).join(", ")}
    from requests group by 1, 2, 3, 4)
  where ${NOT_EMPTY}`;
const STORED_USAGE = `select bucket_unix_ms, session_pk, agent_id, model, ${SUM_NAMES.join(", ")} from usage_rollup where ${NOT_EMPTY}`;
const RECOMPUTED_EVENTS = `
  select time_unix_ms - time_unix_ms % ${BUCKET_MS}, session_pk, event_type, coalesce(tool_name, ''), count(*)
  from events group by 1, 2, 3, 4`;
const [RECOMPUTED_TURNS, STORED_TURNS] = turnPair(BUCKET_MS);
const STORED_EVENTS = "select bucket_unix_ms, session_pk, event_type, tool_name, events from event_rollup";

/** Number of rollup rows that differ from the sums of the rows; anything but 0 is a fault. */
export function countRollupDifferences(db: Database): number {
  const differences = (a: string, b: string) =>
    db
      .query<{ n: number }, []>(
        `select count(*) as n from (select * from (${a}) except select * from (${b}))`,
      )
      .get()!.n;
  return (
    differences(RECOMPUTED_USAGE, STORED_USAGE) +
    differences(STORED_USAGE, RECOMPUTED_USAGE) +
    differences(RECOMPUTED_TURNS, STORED_TURNS) +
    differences(STORED_TURNS, RECOMPUTED_TURNS) +
    differences(RECOMPUTED_EVENTS, STORED_EVENTS) +
    differences(STORED_EVENTS, RECOMPUTED_EVENTS) +
    TOTALS_PAIRS.reduce((sum, [a, b]) => sum + differences(a, b) + differences(b, a), 0)
  );
}

/** Rewrites the rollups and their totals from the rows; the caller holds the transaction. */
export function rebuildRollups(db: Database): void {
  db.run("delete from usage_rollup");
  db.run(`insert into usage_rollup ${RECOMPUTED_USAGE}`);
  db.run("delete from turn_rollup");
  db.run(`insert into turn_rollup ${RECOMPUTED_TURNS}`);
  db.run("delete from event_rollup");
  db.run(`insert into event_rollup ${RECOMPUTED_EVENTS}`);
  rebuildTotals(db);
}
