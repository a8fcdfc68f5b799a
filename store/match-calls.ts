import { TOKEN_FIELDS } from "../schema/usage-kinds.ts";
import type { TelemetryCallRow } from "./tables/capture.ts";
import type { RequestRow } from "./tables/requests.ts";

/**
 * The calls of telemetry that are in no transcript. They are matched by the vendor's id; if a backend has none, by
 * model and tokens, each row once.
 */
export function matchCalls(calls: TelemetryCallRow[], shown: RequestRow[]): TelemetryCallRow[] {
  const ids = new Set(shown.map((row) => row.provider_request_id));
  const nameless = new Map<string, number>();
  for (const row of shown)
    if (row.provider_request_id === "") nameless.set(likeness(row), (nameless.get(likeness(row)) ?? 0) + 1);
  return calls.filter((call) => {
    if (call.request_id !== "") return !ids.has(call.request_id);
    const left = nameless.get(likeness(call)) ?? 0;
    if (left > 0) nameless.set(likeness(call), left - 1);
    return left === 0;
  });
}

function likeness(row: Pick<RequestRow, "model" | (typeof TOKEN_FIELDS)[number]>): string {
  return [row.model, ...TOKEN_FIELDS.map((name) => row[name])].join(" ");
}
