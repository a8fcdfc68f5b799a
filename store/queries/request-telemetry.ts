import type { Database } from "bun:sqlite";

export type RequestTelemetry = {
  query_source: string;
  duration_ms: number | null;
  ttft_ms: number | null;
  cost_nano_usd: number | null;
};

/** The client's telemetry of a request, by the vendor's id. */
export function requestTelemetry(db: Database) {
  const find = db.query<RequestTelemetry, [number, string]>(`
    select query_source, duration_ms, ttft_ms, cost_nano_usd from telemetry_calls
    where session_pk = ? and call_key = ? limit 1`);
  return (session_pk: number, provider_request_id: string): RequestTelemetry | null =>
    provider_request_id === "" ? null : find.get(session_pk, provider_request_id);
}
