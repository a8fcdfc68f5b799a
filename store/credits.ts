import type { Database } from "bun:sqlite";
import type { CreditReading } from "../schema/limits.ts";

/** Keeps the newest reading of each account and limit, by its own time and in whatever order they are read. */
export function creditWriter(db: Database) {
  const put = db.query(`
    insert into credit_readings (source, account, limit_id, has_credits, is_unlimited, balance, time_unix_ms)
    values (?, ?, ?, ?, ?, ?, ?) on conflict do update set has_credits = excluded.has_credits,
      is_unlimited = excluded.is_unlimited, balance = excluded.balance, time_unix_ms = excluded.time_unix_ms
    where excluded.time_unix_ms >= time_unix_ms`);
  return {
    put(readings: readonly CreditReading[]): void {
      for (const r of newestCredits(readings))
        put.run(
          r.source,
          r.account,
          r.limit_id,
          Number(r.has_credits),
          Number(r.is_unlimited),
          r.balance,
          r.time_unix_ms,
        );
    },
  };
}

/** Every line of a rollout repeats them, so that most need not be written at all. */
export function newestCredits(readings: readonly CreditReading[]): CreditReading[] {
  const newest = new Map<string, CreditReading>();
  for (const reading of readings) {
    const key = JSON.stringify([reading.source, reading.account, reading.limit_id]);
    const known = newest.get(key);
    if (!known || reading.time_unix_ms >= known.time_unix_ms) newest.set(key, reading);
  }
  return [...newest.values()];
}
