import type { Reconcile } from "../../schema/api-reconcile.ts";
import { headline } from "../../schema/headline.ts";
import { type Compared, reconcileQueries } from "../../store/queries/reconcile.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { times } from "./answer.ts";

const MOST_SESSIONS = 200;

export function reconcileHandlers(deps: ViewerDeps) {
  const queries = reconcileQueries(deps.reader);
  return {
    "GET /api/reconcile": ({ query }) => {
      const { zone, from_unix_ms, until_unix_ms } = times(deps, query);
      return { data: toReconcile(queries.sessions(query, from_unix_ms, until_unix_ms)), time_zone: zone };
    },
  } satisfies Partial<Handlers>;
}

function toReconcile(sessions: Compared[]): Reconcile {
  const compared = sessions.filter((s) => s.client_nano_usd !== null);
  const sum = (of: (s: Compared) => number) => compared.reduce((total, s) => total + of(s), 0);
  const client_nano_usd = sum((s) => s.client_nano_usd ?? 0);
  const shown_nano_usd = sum((s) => s.shown_nano_usd);
  const hidden_nano_usd = sum((s) => s.hidden_nano_usd);
  const hidden_requests = sum((s) => s.hidden.reduce((n, h) => n + h.requests, 0));
  const unexplained_tokens = sum((s) => s.models.reduce((n, m) => n + Math.abs(m.unexplained_tokens), 0));
  const percent = (part: number) =>
    client_nano_usd === 0 ? null : Math.round((1000 * part) / client_nano_usd) / 10;
  const totals = {
    sessions_compared: compared.length,
    client_nano_usd,
    shown_nano_usd,
    hidden_nano_usd,
    difference_nano_usd: client_nano_usd - shown_nano_usd - hidden_nano_usd,
    shown_percent: percent(shown_nano_usd),
    recorded_percent: percent(shown_nano_usd + hidden_nano_usd),
    hidden_requests,
    unexplained_tokens,
    telemetry: telemetryOf(sessions),
  };
  const worst = sessions.toSorted((a, b) => gap(b) - gap(a)).slice(0, MOST_SESSIONS);
  return {
    ...totals,
    summary: summaryOf(totals, compared),
    sessions: worst.map((s) => ({ ...s, title: headline(s.title), explained: explain(s) })),
  };
}

function telemetryOf(sessions: Compared[]): Reconcile["telemetry"] {
  const reported = sessions.filter((s) => s.telemetry_calls > 0);
  if (reported.length === 0) return null;
  const sum = (of: (s: Compared) => number) => reported.reduce((total, s) => total + of(s), 0);
  const cost_nano_usd = sum((s) => s.telemetry_nano_usd ?? 0);
  const recorded_nano_usd = sum((s) => s.shown_nano_usd + s.hidden_nano_usd);
  return {
    sessions: reported.length,
    calls: sum((s) => s.telemetry_calls),
    cost_nano_usd,
    recorded_nano_usd,
    difference_nano_usd: cost_nano_usd - recorded_nano_usd,
  };
}

const gap = (s: Compared) => Math.abs(s.difference_nano_usd ?? 0) + s.hidden_nano_usd;

const usd = (nano: number) => `$${(nano / 1e9).toFixed(6)}`;

function kindsOf(sessions: Compared[]): string {
  return [...new Set(sessions.flatMap((s) => s.hidden.map((h) => h.query_source || "unnamed")))].join(", ");
}

function summaryOf(of: Omit<Reconcile, "summary" | "sessions">, compared: Compared[]): string {
  if (of.shown_percent === null) return "no client total to compare with";
  const percent = (nano: number) => `${Math.round((1000 * nano) / of.client_nano_usd) / 10} %`;
  const parts = [`recorded ${of.recorded_percent} % of the client's own total of ${usd(of.client_nano_usd)}`];
  if (of.hidden_requests > 0)
    parts.push(
      `${percent(of.hidden_nano_usd)} of it (${of.hidden_requests} ${of.hidden_requests === 1 ? "call" : "calls"}: ${kindsOf(compared)}) is in no transcript`,
    );
  if (of.unexplained_tokens > 0) parts.push(`${of.unexplained_tokens} tokens are unexplained`);
  return parts.join("; ");
}

/** Each difference by its name. */
function explain(s: Compared): string[] {
  const notes = s.hidden.map((h) => {
    const how = h.origin === "otlp" ? "its telemetry" : "the client's total";
    const cost = h.cost_nano_usd === null ? "without a price" : usd(h.cost_nano_usd);
    return `not in the transcript: ${h.requests} × ${h.query_source || "unnamed"} on ${h.model}, ${h.tokens} tokens, ${cost}, reported by ${how}`;
  });
  if (s.carried_nano_usd > 0) notes.push(`fork: its total includes ${usd(s.carried_nano_usd)} of its parent`);
  for (const m of s.models) {
    if (m.unexplained_tokens > 0) notes.push(`unexplained: ${m.unexplained_tokens} tokens of ${m.model}`);
    else if (m.unexplained_tokens < 0)
      notes.push(`recorded, but not counted by the client: ${-m.unexplained_tokens} tokens of ${m.model}`);
    else if (m.difference_nano_usd !== null && m.difference_nano_usd !== 0)
      notes.push(`another price: ${m.model}, ${usd(m.difference_nano_usd)} for the same tokens`);
  }
  if (s.unpriced_requests > 0) notes.push(`${s.unpriced_requests} requests have no known price`);
  if (s.has_inflated_metrics) notes.push("its metrics come from a client version that counts requests twice");
  return notes;
}
