import type { Database } from "bun:sqlite";
import type { CreditReading } from "../schema/rate-limits.ts";
import { writer } from "./database.ts";
import { valuesOf } from "./row-code.ts";
import { columnsOf, insertInto, type Row } from "./table.ts";
import { CREDIT_READINGS, CREDIT_RUNS } from "./tables/events.ts";

/**
 * Keeps the newest reading of each account and limit, and each change of a balance with the time it lasted, by the
 * readings' own time and in whatever order they are read.
 */
export function creditWriter(db: Database) {
  const put = writer(db, insertInto(CREDIT_READINGS, COLUMNS, KEEP_NEWEST));
  const putRun = runWriter(db);
  return {
    put(readings: readonly CreditReading[]): void {
      for (const r of newestCredits(readings)) put(toValues(toRow(r)));
      for (const r of readings) putRun(toRow(r));
    },
  };
}

const toRow = (r: CreditReading): Reading => ({
  ...r,
  has_credits: Number(r.has_credits),
  is_unlimited: Number(r.is_unlimited),
});

type Reading = Row<typeof CREDIT_READINGS>;
type Run = Row<typeof CREDIT_RUNS>;
const OF_LIMIT = "source = ?1 and account = ?2 and limit_id = ?3";
const isSame = (a: Reading, b: Reading) =>
  a.has_credits === b.has_credits && a.is_unlimited === b.is_unlimited && a.balance === b.balance;

/**
 * A reading makes the run at its time longer, or begins one of its own there. Only the ends of a run are known: a late
 * reading with another balance splits it, so a balance that returned in between may be noticed late.
 */
function runWriter(db: Database) {
  const columns = columnsOf(CREDIT_RUNS);
  const toRunValues = valuesOf(CREDIT_RUNS, columns);
  const insert = writer(db, insertInto(CREDIT_RUNS, columns, "on conflict do nothing"));
  type Place = [string, string, string, number];
  const at = db.query<Run, Place>(
    `select * from credit_runs where ${OF_LIMIT} and time_unix_ms <= ?4 order by time_unix_ms desc limit 1`,
  );
  const behind = db.query<Run, Place>(
    `select * from credit_runs where ${OF_LIMIT} and time_unix_ms > ?4 order by time_unix_ms limit 1`,
  );
  const remove = db.query<unknown, Place>(`delete from credit_runs where ${OF_LIMIT} and time_unix_ms = ?4`);
  const place = (of: Reading): Place => [of.source, of.account, of.limit_id, of.time_unix_ms];
  const replace = (old: Run[], next: Run[]) => {
    for (const run of old) remove.run(...place(run));
    for (const run of next) insert(toRunValues(run));
  };

  return (reading: Reading): void => {
    const time = reading.time_unix_ms;
    const own: Run = { ...reading, last_unix_ms: time };
    const run = at.get(...place(reading));
    if (run && isSame(run, reading) && run.last_unix_ms >= time) return;
    // Two values of one moment: the first one read is kept.
    if (run && (run.time_unix_ms === time || run.last_unix_ms === time)) return;
    if (run && run.last_unix_ms > time) {
      const tail = { ...run, time_unix_ms: run.last_unix_ms };
      replace([run], [{ ...run, last_unix_ms: run.time_unix_ms }, own, tail]);
      return;
    }
    const next = behind.get(...place(reading));
    const joined = [run, next].filter((one) => one != null && isSame(one, reading)) as Run[];
    const first = joined[0] === run && run ? run : own;
    const last = joined.at(-1) === next && next ? next : own;
    replace(joined, [{ ...first, last_unix_ms: last.last_unix_ms }]);
  };
}

const COLUMNS = columnsOf(CREDIT_READINGS);
const toValues = valuesOf(CREDIT_READINGS, COLUMNS);
const KEEP_NEWEST = `on conflict do update set ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(", ")}
  where excluded.time_unix_ms >= time_unix_ms`;

/** Every line of a rollout repeats them, so most need not be written. */
export function newestCredits(readings: readonly CreditReading[]): CreditReading[] {
  const newest = new Map<string, CreditReading>();
  for (const reading of readings) {
    const key = JSON.stringify([reading.source, reading.account, reading.limit_id]);
    const known = newest.get(key);
    if (!known || reading.time_unix_ms >= known.time_unix_ms) newest.set(key, reading);
  }
  return [...newest.values()];
}
