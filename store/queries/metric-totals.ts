import type { Database } from "bun:sqlite";
import type { EventType, SourceName } from "../../schema/events.ts";
import type { Usage } from "../../schema/usage.ts";

export type ModelTotals = Usage & {
  source: SourceName;
  model: string;
  requests: number;
  cost_nano_usd: number;
  unpriced_requests: number;
  unpriced_tokens: number;
  provisional_requests: number;
  implausible_requests: number;
  inferred_id_requests: number;
};
export type EventTotals = { source: SourceName; event_type: EventType; events: number };
export type RejectTotals = { source: string; reason: string; lines: number };

/** Sums of everything, for the exposition. */
export function metricTotalsQueries(db: Database) {
  const models = db.query<ModelTotals, []>("select * from usage_totals order by source, model");
  const events = db.query<EventTotals, []>("select * from event_totals order by source, event_type");
  const rejects = db.query<RejectTotals, []>(
    "select source, reason, count(*) as lines from rejects group by source, reason",
  );
  const sessions = db.query<{ source: SourceName; sessions: number }, []>(
    "select source, count(*) as sessions from sessions where source_session_id <> '' group by source",
  );
  const firstSeen = db.query<{ model: string }, []>(
    "select model from requests where model <> '' group by model order by min(seq)",
  );
  const last = db.query<{ time_unix_ms: number | null }, []>(`
    select nullif(max(coalesce((select time_unix_ms from events order by seq desc limit 1), 0),
      coalesce((select time_unix_ms from requests order by seq desc limit 1), 0)), 0) as time_unix_ms`);
  const version = db.query<{ data_version: number }, []>("pragma data_version");
  return {
    /** Changes after every commit of another connection. */
    version: (): number => version.get()?.data_version ?? 0,
    models: (): ModelTotals[] => models.all(),
    events: (): EventTotals[] => events.all(),
    rejects: (): RejectTotals[] => rejects.all(),
    sessions: () => sessions.all(),
    /** Names in the order in which they were first stored: an order that is only appended to. */
    modelsBySeq: (): string[] => firstSeen.all().map((r) => r.model),
    lastUnixMs: (): number | null => last.get()?.time_unix_ms ?? null,
  };
}
export type MetricTotalsQueries = ReturnType<typeof metricTotalsQueries>;
