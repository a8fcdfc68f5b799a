import type { Database } from "bun:sqlite";
import { ADD_SUMS, SUM_NAMES, type Sums } from "./sums.ts";
import { columnsOf, insertInto } from "./table.ts";
import { EVENT_TOTALS } from "./tables/events.ts";
import { USAGE_TOTALS } from "./tables/requests.ts";

type UsagePart = { session_pk: number; model: string; sums: Sums };
type EventPart = { session_pk: number; event_type: string; events: number };

/**
 * Totals of the rollups over all time, by source and model and by source and event type: a scrape reads some dozen
 * rows, however long the history is. A transaction updates one per model.
 */
export function createTotals(db: Database) {
  const putUsage = db.query(insertInto(USAGE_TOTALS, columnsOf(USAGE_TOTALS), ADD_SUMS));
  const putEvents = db.query(
    insertInto(
      EVENT_TOTALS,
      columnsOf(EVENT_TOTALS),
      "on conflict do update set events = events + excluded.events",
    ),
  );
  const sourceOf = db.query<{ source: string }, [number]>("select source from sessions where session_pk = ?");

  function addUsage(parts: Iterable<UsagePart>, source: (pk: number) => string): void {
    const sums = new Map<string, { source: string; model: string; sums: Sums }>();
    for (const part of parts) {
      const key = `${source(part.session_pk)} ${part.model}`;
      const known = sums.get(key);
      if (known) for (const name of SUM_NAMES) known.sums[name] += part.sums[name];
      else sums.set(key, { source: source(part.session_pk), model: part.model, sums: { ...part.sums } });
    }
    for (const row of sums.values())
      putUsage.run(row.source, row.model, ...SUM_NAMES.map((s) => row.sums[s]));
  }

  function addEvents(parts: Iterable<EventPart>, source: (pk: number) => string): void {
    const sums = new Map<string, { source: string; event_type: string; events: number }>();
    for (const { session_pk, event_type, events } of parts) {
      const key = `${source(session_pk)} ${event_type}`;
      const known = sums.get(key);
      if (known) known.events += events;
      else sums.set(key, { source: source(session_pk), event_type, events });
    }
    for (const row of sums.values()) putEvents.run(row.source, row.event_type, row.events);
  }

  return {
    /** The differences of one transaction. */
    add(usage: Iterable<UsagePart>, events: Iterable<EventPart>): void {
      // Known within the transaction only: after a rollback a number may mean another session.
      const sources = new Map<number, string>();
      const source = (pk: number): string => {
        const known = sources.get(pk) ?? sourceOf.get(pk)?.source ?? "";
        sources.set(pk, known);
        return known;
      };
      addUsage(usage, source);
      addEvents(events, source);
    },
  };
}

const RECOMPUTED_USAGE = `
  select s.source, u.model, ${SUM_NAMES.map((name) => `sum(u.${name})`).join(", ")}
  from usage_rollup u join sessions s using (session_pk) group by 1, 2`;
const RECOMPUTED_EVENTS = `
  select s.source, e.event_type, sum(e.events) from event_rollup e join sessions s using (session_pk) group by 1, 2`;

/** Pairs of queries that return the same rows if the totals are correct; a row of zeros is ignored. */
export const TOTALS_PAIRS = [
  [
    RECOMPUTED_USAGE,
    `select source, model, ${SUM_NAMES.join(", ")} from usage_totals where ${SUM_NAMES.join(" or ")}`,
  ],
  [RECOMPUTED_EVENTS, "select source, event_type, events from event_totals where events"],
] as const;

/** Rewrites both from the rollups; the caller holds the transaction. */
export function rebuildTotals(db: Database): void {
  db.run("delete from usage_totals");
  db.run(`insert into usage_totals ${RECOMPUTED_USAGE}`);
  db.run("delete from event_totals");
  db.run(`insert into event_totals ${RECOMPUTED_EVENTS}`);
}
