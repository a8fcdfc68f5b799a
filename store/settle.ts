import type { Database } from "bun:sqlite";
import { createEvent, type MetricEvent } from "../schema/event.ts";
import type { SourceName } from "../schema/event-names.ts";
import { flagBit, type Usage } from "../schema/usage.ts";
import { USAGE_FIELDS } from "../schema/usage-kinds.ts";
import type { RequestObservation } from "./batch.ts";
import { basesOf, toStates } from "./client-states.ts";
import type { Writer } from "./commit-rows.ts";
import { type HiddenCall, type KnownCall, reconcile } from "./hidden-calls.ts";
import { matchCalls } from "./match-calls.ts";
import type { ClientTotalRow, TelemetryCallRow } from "./tables/capture.ts";
import type { RequestRow } from "./tables/requests.ts";

const OTLP_ONLY = flagBit("otlp_only");
const NOT_IN_TRANSCRIPT = flagBit("not_in_transcript");
const TTL_UNKNOWN = flagBit("cache_ttl_unknown");
/** After this long, a transcript that continued without the call will not contain it. */
const TRANSCRIPT_LAG_MS = 10 * 60 * 1000;
/** Calls that are never in a transcript. */
const NEVER_SHOWN = new Set(["compact", "auxiliary"]);

/**
 * Derives the billed calls that are in no file of the agent from its telemetry and its own totals, and stores them with
 * the others. The result depends only on the evidence, not on its order: a transcript that contains such a call later
 * replaces the derived row.
 */
export function createSettler(db: Database, writer: Writer) {
  const q = statements(db);

  function settle(session_pk: number, nextSeq: () => number): MetricEvent[] {
    const rows = q.requests.all(session_pk, session_pk);
    const shown = rows.filter((row) => row.origin === null);
    const stored = rows.filter((row) => row.origin !== null && row.session_pk === session_pk);
    const wanted = workOut(session(session_pk), session_pk, shown);
    const notices: MetricEvent[] = [];
    for (const row of stored) {
      const same = wanted.get(row.request_key);
      if (same && isSame(row, same)) wanted.delete(row.request_key);
      else {
        writer.requests.remove(row);
        notices.push(removed(row, session(session_pk)));
      }
    }
    for (const observation of wanted.values()) writer.requests.put(observation, nextSeq(), null, 0, []);
    return notices;
  }

  const session = (session_pk: number) => q.session.get(session_pk)!;

  const workOut = createWorkOut(q);
  return { settle };
}

/** The last row of each kind that was read. */
export type Mark = { seq: number; total: number; call: number };

/** Sessions with telemetry or a total, and with rows stored since `after`. */
export function dueSessions(db: Database, after: Mark): number[] {
  return db
    .query<{ session_pk: number }, [number, number, number]>(`
      with evident as (select session_pk from client_totals union select session_pk from telemetry_calls),
        touched as (
          select session_pk from requests where seq > ?1
          union select session_pk from events where seq > ?1 and event_type in ('usage_updated', 'ownership_changed', 'session_ended')
          union select session_pk from client_totals where total_pk > ?2
          union select session_pk from telemetry_calls where call_pk > ?3
          union select c.session_pk from client_totals t join requests r on r.session_pk = t.session_pk
            join request_copies c on c.request_key = r.request_key where t.total_pk > ?2)
      select session_pk from evident where session_pk in touched`)
    .all(after.seq, after.total, after.call)
    .map((row) => row.session_pk);
}

type SessionRow = {
  source: SourceName;
  source_session_id: string;
  last_unix_ms: number | null;
  ended_unix_ms: number | null;
};

/** The calls of a session that are in no file, by their keys. */
function createWorkOut(q: ReturnType<typeof statements>) {
  /** Telemetry calls that are in no transcript. */
  function calledOnly(of: SessionRow, calls: readonly TelemetryCallRow[]): RequestObservation[] {
    const { source, source_session_id: session_id, last_unix_ms, ended_unix_ms } = of;
    return calls.map((call) => {
      const isOver =
        NEVER_SHOWN.has(call.query_source) ||
        (ended_unix_ms ?? 0) >= call.time_unix_ms ||
        (last_unix_ms ?? 0) >= call.time_unix_ms + TRANSCRIPT_LAG_MS;
      return ofCall(source, session_id, call, isOver);
    });
  }

  /** Usage in the client's own totals beyond everything that is known. */
  function beyondTotals(of: SessionRow, session_pk: number, known: KnownCall[]): RequestObservation[] {
    const states = toStates(q.totals.all(session_pk));
    if (states.length === 0) return [];
    const { hidden } = reconcile(states, known, toStates(q.bases.all(session_pk, states[0]!.start_unix_ms)));
    const compactions = hidden.length > 0 ? q.compactions.all(session_pk).map((row) => row.time_unix_ms) : [];
    return hidden.map((call) => {
      const before = states.findLast((s) => s.duration_ms < call.duration_ms)?.time_unix_ms ?? 0;
      const isCompaction = compactions.filter((at) => at > before && at <= call.time_unix_ms).length === 1;
      return ofHidden(of, call, isCompaction);
    });
  }

  return (of: SessionRow, session_pk: number, shown: RequestRow[]): Map<string, RequestObservation> => {
    const calls = matchCalls(q.calls.all(session_pk), shown);
    const own = shown.filter((row) => row.session_pk === session_pk);
    const known = [...own, ...calls].map((row) => ({
      time_unix_ms: row.time_unix_ms,
      model: row.model,
      usage: row as Usage,
    }));
    const found = [...calledOnly(of, calls), ...beyondTotals(of, session_pk, known)];
    return new Map(found.map((o) => [o.request_key, o]));
  };
}

function ofHidden(of: SessionRow, call: HiddenCall, isCompaction: boolean): RequestObservation {
  const { source, source_session_id: session_id } = of;
  return {
    ...NO_DETAILS,
    source,
    request_key: `${source}:hidden:${session_id}:${call.duration_ms}:${call.model}`,
    session_id,
    time_unix_ms: call.time_unix_ms,
    model: call.model,
    usage: call.usage,
    flags: NOT_IN_TRANSCRIPT | (call.is_ttl_known ? 0 : TTL_UNKNOWN),
    origin: "client_total",
    query_source: isCompaction ? "compact" : "auxiliary",
  };
}

const NO_DETAILS = {
  agent_id: "",
  is_sidechain: false,
  response_id: "",
  provider_request_id: "",
  service_tier: "standard",
  speed: "standard",
  inference_geo: "",
  is_final: true,
  offset: 0,
} as const satisfies Partial<RequestObservation>;

function ofCall(
  source: SourceName,
  session_id: string,
  call: TelemetryCallRow,
  isOver: boolean,
): RequestObservation {
  return {
    ...NO_DETAILS,
    source,
    request_key: call.request_id
      ? `${source}:req:${call.request_id}`
      : `${source}:req:${session_id}:${call.call_key}`,
    session_id,
    agent_id: call.agent_id,
    prompt_id: call.prompt_id || undefined,
    provider_request_id: call.request_id,
    time_unix_ms: call.time_unix_ms,
    model: call.model,
    usage: Object.fromEntries(USAGE_FIELDS.map((name) => [name, call[name]])) as Usage,
    speed: call.speed || "standard",
    flags: OTLP_ONLY | (isOver ? NOT_IN_TRANSCRIPT : 0) | (call.is_ttl_known === 1 ? 0 : TTL_UNKNOWN),
    recorded_cost_nano_usd: call.cost_nano_usd ?? undefined,
    origin: "otlp",
    query_source: call.query_source || undefined,
    effort: call.effort || undefined,
  };
}

/** Pricing adds its own flags: only the derived ones are compared. */
function isSame(row: RequestRow, o: RequestObservation): boolean {
  const flags = OTLP_ONLY | NOT_IN_TRANSCRIPT | TTL_UNKNOWN;
  return (
    row.time_unix_ms === o.time_unix_ms &&
    row.model === o.model &&
    row.origin === o.origin &&
    row.query_source === (o.query_source ?? null) &&
    row.agent_id === o.agent_id &&
    (row.flags & flags) === (o.flags & flags) &&
    USAGE_FIELDS.every((name) => row[name] === o.usage[name])
  );
}

/** A stream that has delivered the row receives the difference. */
function removed(row: RequestRow, { source, source_session_id: session_id }: SessionRow): MetricEvent {
  const delta = Object.fromEntries(USAGE_FIELDS.filter((f) => row[f] > 0).map((f) => [f, -row[f]]));
  return createEvent(
    "usage_updated",
    {
      event_id: `${row.request_key}:replaced:${row.seq}`,
      source,
      origin: "otlp",
      session_id,
      time_unix_ms: row.time_unix_ms,
    },
    {
      request_key: row.request_key,
      decision: "replaced",
      ...delta,
      cost_nano_usd: row.cost_nano_usd === null ? null : -row.cost_nano_usd,
    },
  );
}

function statements(db: Database) {
  return {
    session: db.query<SessionRow, [number]>(
      "select source, source_session_id, last_unix_ms, ended_unix_ms from sessions where session_pk = ?",
    ),
    requests: db.query<RequestRow, [number, number]>(`
      select * from requests where session_pk = ?
      union all select r.* from request_copies c join requests r using (request_key) where c.session_pk = ? and r.session_pk <> c.session_pk`),
    calls: db.query<TelemetryCallRow, [number]>(
      "select * from telemetry_calls where session_pk = ? order by call_key",
    ),
    totals: db.query<ClientTotalRow, [number]>("select * from client_totals where session_pk = ?"),
    bases: basesOf(db),
    compactions: db.query<{ time_unix_ms: number }, [number]>(
      "select time_unix_ms from events where session_pk = ? and event_type = 'compaction_completed'",
    ),
  };
}
