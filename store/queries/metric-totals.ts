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
};
export type EventTotals = { source: SourceName; event_type: EventType; events: number };
export type RejectTotals = { source: string; reason: string; lines: number };

const SUMS = [
  "uncached_input_tokens",
  "cache_creation_5m_input_tokens",
  "cache_creation_1h_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
  "reasoning_output_tokens",
  "web_search_requests",
  "requests",
  "cost_nano_usd",
  "unpriced_requests",
  "unpriced_tokens",
] as const satisfies readonly (keyof ModelTotals)[];

/** Sums of everything there is, for the exposition. Rows are grouped by session first: its source is then looked up once. */
export function metricTotalsQueries(db: Database) {
  const models = db.query<ModelTotals, []>(`
    select s.source, u.model, ${SUMS.map((name) => `sum(u.${name}) as ${name}`).join(", ")}
    from (select session_pk, model, ${SUMS.map((name) => `sum(${name}) as ${name}`).join(", ")}
      from usage_rollup group by session_pk, model) u join sessions s using (session_pk) group by s.source, u.model`);
  const events = db.query<EventTotals, []>(`
    select s.source, e.event_type, sum(e.events) as events
    from (select session_pk, event_type, sum(events) as events from event_rollup group by session_pk, event_type) e
    join sessions s using (session_pk) group by s.source, e.event_type`);
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
    /** Another number after every commit of another connection. */
    version: (): number => version.get()?.data_version ?? 0,
    models: (): ModelTotals[] => models.all(),
    events: (): EventTotals[] => events.all(),
    rejects: (): RejectTotals[] => rejects.all(),
    sessions: () => sessions.all(),
    /** Names in the order in which they were first stored: an order that only ever grows at its end. */
    modelsBySeq: (): string[] => firstSeen.all().map((r) => r.model),
    lastUnixMs: (): number | null => last.get()?.time_unix_ms ?? null,
  };
}
export type MetricTotalsQueries = ReturnType<typeof metricTotalsQueries>;
