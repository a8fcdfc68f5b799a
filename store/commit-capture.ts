import type { Database } from "bun:sqlite";
import type { ClientTotal } from "../schema/client-total.ts";
import type { KeptMetrics } from "../schema/config.ts";
import type { SourceName } from "../schema/events.ts";
import type { TelemetryCall, TelemetryEvent, TelemetryExport, TelemetryRecord } from "../schema/telemetry.ts";
import { NO_USAGE } from "../schema/usage.ts";
import { TOKEN_FIELDS } from "../schema/usage-kinds.ts";
import { vendorNamed } from "../schema/vendors.ts";
import type { Sessions } from "./commit-sessions.ts";
import { type Values, writer } from "./database.ts";
import { DECIDE_ONE } from "./last-decision.ts";
import { type Observed, observedValues, pickOf } from "./row-code.ts";
import { type ColumnName, columnsOf, insertInto, type Table } from "./table.ts";
import { CLIENT_TOTALS, TELEMETRY_CALLS, TOOL_DECISIONS } from "./tables/capture.ts";
import { pointWriter } from "./telemetry-points.ts";

/** A row without its number; the session has the agent's id for it. */
type LineOf<T extends Table, Number extends ColumnName<T>> = {
  source: SourceName;
  session_id: string;
} & Observed<T, Exclude<ColumnName<T>, Number | "session_pk">>;
type TotalLine = LineOf<typeof CLIENT_TOTALS, "total_pk">;
type CallLine = LineOf<typeof TELEMETRY_CALLS, "call_pk">;
type DecisionLine = LineOf<typeof TOOL_DECISIONS, "decision_pk">;

/** Stores the clients' own telemetry and totals once, however often they are sent or read. */
export function captureWriter(
  db: Database,
  sessions: Sessions,
  { metrics }: { metrics?: KeptMetrics | undefined } = {},
) {
  const putTotalLine = totalWriter(db, sessions);
  const putCallLine = callWriter(db, sessions);
  const putDecisionLine = decisionWriter(db, sessions);
  const points = pointWriter(db, metrics);

  /** Whether the record is new; undefined for one that has no row of its own. */
  function putRecord(source: SourceName, r: TelemetryRecord, client_version: string): boolean | undefined {
    if (r.kind === "call") return putCallLine(toCallLine(source, r, client_version));
    if (r.kind === "point") points.put(sessions.pk(source, r.session_id), r, client_version);
    if (r.kind !== "event" || r.name !== "tool_decision") return undefined;
    return r.tool_use_id !== "" && r.decision !== "" && putDecisionLine(toDecisionLine(source, r));
  }

  return {
    putTotal(source: SourceName, total: ClientTotal): void {
      for (const line of toTotalLines(source, total)) putTotalLine(line);
    },
    putTotalLine,
    putCallLine,
    putDecisionLine,
    /** Numbers of records that are new, and that were sent before. */
    putExport({ agent, client_version, records }: TelemetryExport): { stored: number; known: number } {
      const result = { stored: 0, known: 0 };
      points.pruneFor(records.filter((record) => record.kind === "point").length);
      for (const record of records) {
        if (record.session_id === "") continue;
        const isNew = putRecord(agent, record, client_version);
        if (isNew === true) result.stored++;
        if (isNew === false) result.known++;
      }
      return result;
    },
  };
}

const TOTAL = columnsOf(CLIENT_TOTALS).filter((name) => name !== "total_pk");
const totalValues = observedValues(CLIENT_TOTALS, TOTAL, ["session_pk"]);
function totalWriter(db: Database, sessions: Sessions) {
  const insert = inserter(db, CLIENT_TOTALS, TOTAL);
  return (line: TotalLine): boolean =>
    insert(totalValues({ session_pk: sessions.pk(line.source, line.session_id) }, line));
}

const CALL = columnsOf(TELEMETRY_CALLS).filter((name) => name !== "call_pk");
const callValues = observedValues(TELEMETRY_CALLS, CALL, ["session_pk"]);
function callWriter(db: Database, sessions: Sessions) {
  const insert = inserter(db, TELEMETRY_CALLS, CALL);
  return (line: CallLine): boolean =>
    insert(callValues({ session_pk: sessions.pk(line.source, line.session_id) }, line));
}

const DECISION = columnsOf(TOOL_DECISIONS).filter((name) => name !== "decision_pk");
const decisionValues = observedValues(TOOL_DECISIONS, DECISION, ["session_pk"]);
function decisionWriter(db: Database, sessions: Sessions) {
  const insert = inserter(db, TOOL_DECISIONS, DECISION);
  const decide = db.query<unknown, [string]>(DECIDE_ONE);
  return (line: DecisionLine): boolean => {
    const isNew = insert(decisionValues({ session_pk: sessions.pk(line.source, line.session_id) }, line));
    if (isNew) decide.run(line.tool_key);
    return isNew;
  };
}

/** True where the row is new. */
function inserter<T extends Table>(
  db: Database,
  table: T,
  columns: readonly ColumnName<T>[],
): (values: Values) => boolean {
  const insert = writer(db, insertInto(table, columns, "on conflict do nothing"));
  return (values) => insert(values).changes === 1;
}

const NO_MODEL = { model: "", usage: { ...NO_USAGE }, cost_nano_usd: 0, is_ttl_known: true };

function toTotalLines(source: SourceName, { models, has_unknown_cost, ...rest }: ClientTotal): TotalLine[] {
  return (models.length > 0 ? models : [NO_MODEL]).map(({ model, usage, cost_nano_usd, is_ttl_known }) => ({
    ...rest,
    ...usage,
    source,
    has_unknown_cost: Number(has_unknown_cost),
    model,
    model_cost_nano_usd: cost_nano_usd,
    is_ttl_known: Number(is_ttl_known),
  }));
}

const tokensOf = pickOf(TOKEN_FIELDS);

function toCallLine(source: SourceName, c: TelemetryCall, client_version: string): CallLine {
  return {
    ...NO_USAGE,
    source,
    session_id: c.session_id,
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
  };
}

function toDecisionLine(source: SourceName, e: TelemetryEvent): DecisionLine {
  const tool_key = vendorNamed(source)?.has_global_tool_ids
    ? `${source}:${e.tool_use_id}`
    : `${source}:${e.session_id}:${e.tool_use_id}`;
  const { session_id, time_unix_ms, decision, decided_by } = e;
  return { source, session_id, tool_key, time_unix_ms, decision, decided_by };
}
