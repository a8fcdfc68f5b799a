import type { Database } from "bun:sqlite";
import type { ClientTotal } from "../schema/client-total.ts";
import type { KeptMetrics } from "../schema/config.ts";
import type { SourceName } from "../schema/events.ts";
import type { TelemetryCall, TelemetryEvent, TelemetryExport, TelemetryPoint } from "../schema/telemetry.ts";
import { NO_USAGE } from "../schema/usage.ts";
import { TOKEN_FIELDS } from "../schema/usage-kinds.ts";
import { vendorNamed } from "../schema/vendors.ts";
import type { Sessions } from "./commit-sessions.ts";
import { writer } from "./database.ts";
import { DECIDE_ONE } from "./last-decision.ts";
import { type ColumnName, columnsOf, insertInto, pickOf, type Table, valuesOf } from "./table.ts";
import {
  CLIENT_TOTALS,
  type ClientTotalRow,
  TELEMETRY_CALLS,
  TELEMETRY_POINTS,
  type TelemetryCallRow,
  TOOL_DECISIONS,
} from "./tables/capture.ts";

/** Metrics of clients before it count requests twice (O11). */
const EXACT_SINCE = [2, 1, 214];

/** Of metrics: they are looked at as often as so many have come. */
const PRUNE_EVERY = 500;

export type ClientTotalLine = Omit<ClientTotalRow, "total_pk" | "session_pk">;
export type TelemetryCallLine = Omit<TelemetryCallRow, "call_pk" | "session_pk">;
type Of = { source: SourceName; session_id: string };

/** What clients report of themselves: stored once, however often it is sent or read. */
export function captureWriter(
  db: Database,
  sessions: Sessions,
  { metrics: kept }: { metrics?: KeptMetrics | undefined } = {},
) {
  const total = inserter(db, CLIENT_TOTALS, "total_pk");
  const call = inserter(db, TELEMETRY_CALLS, "call_pk");
  const newDecision = inserter(db, TOOL_DECISIONS, "decision_pk");
  const decide = db.query<unknown, [string]>(DECIDE_ONE);
  const point = writer(
    db,
    insertInto(
      TELEMETRY_POINTS,
      POINT_COLUMNS,
      "on conflict do update set value = max(value, excluded.value)",
    ),
  );

  let points = PRUNE_EVERY;
  const forgetOld = db.query(
    "delete from telemetry_points where max(start_unix_ms, time_unix_ms) < (select max(max(start_unix_ms, time_unix_ms)) from telemetry_points) - ?",
  );
  const newest = db.query<{ at: number }, [number]>(
    "select max(start_unix_ms, time_unix_ms) as at from telemetry_points order by at desc limit 1 offset ?",
  );
  const forgetBefore = db.query("delete from telemetry_points where max(start_unix_ms, time_unix_ms) <= ?");

  /** A check of the last days is enough, and nothing could report all of it again. */
  function forgetPoints(): number {
    if (!kept) return 0;
    forgetOld.run(kept.hours * 3_600_000);
    const edge = newest.get(kept.rows);
    if (edge) forgetBefore.run(edge.at);
    return 0;
  }

  function putTotalLine({ source, session_id }: Of, line: ClientTotalLine): boolean {
    return total({ ...line, session_pk: sessions.pk(source, session_id) });
  }

  function putTotal(source: SourceName, state: ClientTotal): void {
    const { session_id, models, has_unknown_cost, ...rest } = state;
    const base = { ...rest, has_unknown_cost: Number(has_unknown_cost) };
    for (const { model, usage, cost_nano_usd, is_ttl_known } of models.length > 0 ? models : [NO_MODEL])
      putTotalLine(
        { source, session_id },
        { ...base, model, ...usage, model_cost_nano_usd: cost_nano_usd, is_ttl_known: Number(is_ttl_known) },
      );
  }

  function putCallLine({ source, session_id }: Of, line: TelemetryCallLine): boolean {
    return call({ ...line, session_pk: sessions.pk(source, session_id) });
  }

  const tokensOf = pickOf(TOKEN_FIELDS);
  function putCall(source: SourceName, c: TelemetryCall, client_version: string): boolean {
    return putCallLine(
      { source, session_id: c.session_id },
      {
        ...NO_USAGE,
        call_key: c.request_id || `#${c.sequence}`,
        request_id: c.request_id,
        time_unix_ms: c.time_unix_ms,
        prompt_id: c.prompt_id,
        agent_id: c.agent_id,
        model: c.model,
        ...tokensOf(c),
        is_ttl_known: Number(c.is_ttl_known),
        speed: c.speed,
        effort: c.effort,
        query_source: c.query_source,
        duration_ms: c.duration_ms,
        ttft_ms: c.ttft_ms,
        cost_nano_usd: c.cost_nano_usd,
        client_version,
      },
    );
  }

  function decision(row: Parameters<typeof newDecision>[0]): boolean {
    const isNew = newDecision(row);
    if (isNew) decide.run(row.tool_key);
    return isNew;
  }

  function putDecision(source: SourceName, e: TelemetryEvent): boolean {
    if (e.tool_use_id === "" || e.decision === "") return false;
    const tool_key = vendorNamed(source)?.has_global_tool_ids
      ? `${source}:${e.tool_use_id}`
      : `${source}:${e.session_id}:${e.tool_use_id}`;
    return decision({
      session_pk: sessions.pk(source, e.session_id),
      tool_key,
      time_unix_ms: e.time_unix_ms,
      decision: e.decision,
      decided_by: e.decided_by,
    });
  }

  function putPoint(source: SourceName, p: TelemetryPoint, client_version: string): void {
    point(
      pointValues({
        session_pk: sessions.pk(source, p.session_id),
        model: p.model,
        type: p.type,
        query_source: p.query_source,
        temporality: p.temporality,
        start_unix_ms: p.start_unix_ms,
        time_unix_ms: p.temporality === "cumulative" ? 0 : p.time_unix_ms,
        value: p.value,
        is_inflated: Number(isBefore(client_version, EXACT_SINCE)),
      }),
    );
  }

  return {
    putTotal,
    putTotalLine,
    putCallLine,
    putDecisionLine: (
      of: Of,
      line: { tool_key: string; time_unix_ms: number; decision: string; decided_by: string },
    ) => decision({ ...line, session_pk: sessions.pk(of.source, of.session_id) }),
    /** How many records were new, and how many had been sent before. */
    putExport({ agent, client_version, records }: TelemetryExport): { stored: number; known: number } {
      const result = { stored: 0, known: 0 };
      points += records.filter((record) => record.kind === "point").length;
      if (points >= PRUNE_EVERY) points = forgetPoints();
      for (const record of records) {
        if (record.session_id === "") continue;
        if (record.kind === "point") putPoint(agent, record, client_version);
        const isNew =
          record.kind === "call"
            ? putCall(agent, record, client_version)
            : record.kind === "event" && record.name === "tool_decision"
              ? putDecision(agent, record)
              : undefined;
        if (isNew === true) result.stored++;
        if (isNew === false) result.known++;
      }
      return result;
    },
  };
}

const NO_MODEL = { model: "", usage: { ...NO_USAGE }, cost_nano_usd: 0, is_ttl_known: true };
const POINT_COLUMNS = columnsOf(TELEMETRY_POINTS);
const pointValues = valuesOf(TELEMETRY_POINTS, POINT_COLUMNS);

/** True where the row is new. */
function inserter<T extends Table, K extends ColumnName<T>>(db: Database, table: T, pk: K) {
  const columns = columnsOf(table).filter((name) => name !== pk) as Exclude<ColumnName<T>, K>[];
  const insert = writer(db, insertInto(table, columns, "on conflict do nothing"));
  const values = valuesOf(table, columns);
  return (row: Parameters<typeof values>[0]): boolean => insert(values(row)).changes === 1;
}

function isBefore(version: string, limit: number[]): boolean {
  const parts = version.split(".").map(Number);
  if (parts.length < limit.length || parts.some(Number.isNaN)) return false;
  for (const [i, most] of limit.entries()) if (parts[i] !== most) return parts[i]! < most;
  return false;
}
