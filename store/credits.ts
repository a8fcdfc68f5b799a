import type { Database } from "bun:sqlite";
import type { CreditReading } from "../schema/rate-limits.ts";
import { writer } from "./database.ts";
import { valuesOf } from "./row-code.ts";
import { columnsOf, insertInto } from "./table.ts";
import { CREDIT_READINGS } from "./tables/events.ts";

/** Keeps the newest reading of each account and limit, by its own time and in whatever order they are read. */
export function creditWriter(db: Database) {
  const put = writer(db, insertInto(CREDIT_READINGS, COLUMNS, KEEP_NEWEST));
  return {
    put(readings: readonly CreditReading[]): void {
      for (const r of newestCredits(readings))
        put(toValues({ ...r, has_credits: Number(r.has_credits), is_unlimited: Number(r.is_unlimited) }));
    },
  };
}

const COLUMNS = columnsOf(CREDIT_READINGS);
const toValues = valuesOf(CREDIT_READINGS, COLUMNS);
const KEEP_NEWEST = `on conflict do update set ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(", ")}
  where excluded.time_unix_ms >= time_unix_ms`;

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
