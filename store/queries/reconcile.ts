import type { Database } from "bun:sqlite";
import type { SessionReconcile } from "../../schema/api-reconcile.ts";
import type { ClientTotal } from "../../schema/client-total.ts";
import type { HiddenOrigin } from "../../schema/row-values.ts";
import { totalTokens, type Usage } from "../../schema/usage.ts";
import { basesOf, toStates } from "../client-states.ts";
import { reconcile } from "../hidden-calls.ts";
import type { ClientTotalRow } from "../tables/capture.ts";
import type { RequestRow } from "../tables/requests.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import { SESSION_TITLE } from "./session-title.ts";
import { metricTotal } from "./telemetry-metrics.ts";

type Session = { session_pk: number; session_key: string; title: string | null; time_unix_ms: number };
type Telemetry = { calls: number; cost: number | null };
export type Compared = Omit<SessionReconcile, "explained">;

const EVIDENT = `
  with evident as (
    select session_pk, max(time_unix_ms) as time_unix_ms from (
      select session_pk, time_unix_ms from client_totals
      union all select session_pk, time_unix_ms from telemetry_calls) group by session_pk)
  select s.session_pk, s.source || ':' || s.source_session_id as session_key, ${SESSION_TITLE} as title,
    e.time_unix_ms
  from evident e join sessions s using (session_pk)
  where e.time_unix_ms >= $from and e.time_unix_ms < $until`;

/** Sessions with the client's own cost or telemetry, next to the recorded cost. */
export function reconcileQueries(db: Database) {
  const compare = comparison(db);
  return {
    /** By the time of the client's last total. */
    sessions(scope: Scope, from: number | undefined, until: number | undefined): Compared[] {
      const { sql, params } = inScope(db, scope, "s.session_pk");
      return db
        .query<Session, Params>(`${EVIDENT} and ${sql}`)
        .all({ ...params, from: from ?? 0, until: until ?? Number.MAX_SAFE_INTEGER })
        .map(compare);
    },
  };
}

function comparison(db: Database): (session: Session) => Compared {
  const clientTotals = lastTotals(db);
  const requests = db.query<RequestRow, [number]>("select * from requests where session_pk = ?");
  const telemetry = db.query<Telemetry, [number]>(
    "select count(*) as calls, sum(cost_nano_usd) as cost from telemetry_calls where session_pk = ?",
  );
  const metrics = metricTotal(db);

  return ({ session_pk, ...session }) => {
    const { last, rows, base } = clientTotals(session_pk, requests.all(session_pk));
    const hidden = rows.filter((row) => row.origin !== null);
    const shown_nano_usd = costOf(rows.filter((row) => row.origin === null));
    const hidden_nano_usd = costOf(hidden);
    const carried_nano_usd = base?.cost_nano_usd ?? 0;
    const client_nano_usd = last ? last.cost_nano_usd - carried_nano_usd : null;
    const { calls, cost } = telemetry.get(session_pk)!;
    const metric = metrics(session_pk);
    return {
      ...session,
      client_nano_usd,
      carried_nano_usd,
      shown_nano_usd,
      hidden_nano_usd,
      difference_nano_usd:
        client_nano_usd === null ? null : client_nano_usd - shown_nano_usd - hidden_nano_usd,
      telemetry_calls: calls,
      telemetry_nano_usd: cost,
      telemetry_metric_nano_usd: metric.cost_nano_usd,
      has_inflated_metrics: metric.is_inflated,
      unpriced_requests: rows.filter((row) => row.cost_nano_usd === null).length,
      hidden: byKind(hidden),
      models: last ? byModel(last, base, rows) : [],
    };
  };
}

/** The client's last total, the requests until then, and the part of the total that was inherited. */
function lastTotals(db: Database) {
  const totals = db.query<ClientTotalRow, [number]>("select * from client_totals where session_pk = ?");
  const bases = basesOf(db);
  return (session_pk: number, requests: RequestRow[]) => {
    const states = toStates(totals.all(session_pk));
    const last = states.toSorted((a, b) => a.duration_ms - b.duration_ms).at(-1);
    if (!last) return { last, rows: requests, base: undefined };
    const rows = requests.filter((row) => row.time_unix_ms <= last.time_unix_ms);
    const known = rows.map((row) => ({
      time_unix_ms: row.time_unix_ms,
      model: row.model,
      usage: row as Usage,
    }));
    const { base } = reconcile(states, known, toStates(bases.all(session_pk, last.start_unix_ms)));
    return { last, rows, base };
  };
}

const costOf = (rows: RequestRow[]) => rows.reduce((sum, row) => sum + (row.cost_nano_usd ?? 0), 0);

function byKind(rows: RequestRow[]): Compared["hidden"] {
  const groups = Map.groupBy(rows, (row) => `${row.query_source ?? ""} ${row.origin} ${row.model}`);
  return [...groups.values()].map((group) => ({
    query_source: group[0]!.query_source ?? "",
    origin: group[0]!.origin as HiddenOrigin,
    model: group[0]!.model,
    requests: group.length,
    tokens: group.reduce((sum, row) => sum + totalTokens(row), 0),
    cost_nano_usd: group.some((row) => row.cost_nano_usd === null) ? null : costOf(group),
  }));
}

function byModel(last: ClientTotal, base: ClientTotal | undefined, rows: RequestRow[]): Compared["models"] {
  return last.models.map(({ model, usage, cost_nano_usd }) => {
    const carried = base?.models.find((m) => m.model === model);
    const own = rows.filter((row) => row.model === model);
    const client_nano_usd = cost_nano_usd - (carried?.cost_nano_usd ?? 0);
    const recorded_nano_usd = own.some((row) => row.cost_nano_usd === null) ? null : costOf(own);
    const tokens = totalTokens(usage) - (carried ? totalTokens(carried.usage) : 0);
    return {
      model,
      recorded_nano_usd,
      client_nano_usd,
      difference_nano_usd: recorded_nano_usd === null ? null : client_nano_usd - recorded_nano_usd,
      unexplained_tokens: tokens - own.reduce((sum, row) => sum + totalTokens(row), 0),
    };
  });
}
