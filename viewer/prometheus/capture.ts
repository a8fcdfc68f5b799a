import type { Capture } from "../../schema/api-capture.ts";
import { CAPTURE_MODES } from "../../schema/capture.ts";
import { toLabel } from "./labels.ts";
import type { Exposition } from "./registry.ts";

const HEALTHY = new Set(["live", "idle"]);

/** Whether recording is complete, as measured by this process. */
export function showCapture(found: Capture, hidden_nano_usd: number, out: Exposition): void {
  for (const { agent, mode } of found.agents)
    for (const name of CAPTURE_MODES)
      out.gauge("hall_capture_mode", { agent, mode: name }, mode === name ? 1 : 0);
  for (const { source, state } of found.sources)
    if (state !== "off")
      out.gauge("hall_source_live", { source: toLabel(source) }, HEALTHY.has(state) ? 1 : 0);
  for (const { count, ...labels } of found.otlp.requests) out.gauge("hall_otlp_requests", labels, count);
  for (const { count, ...labels } of found.otlp.records) out.gauge("hall_otlp_records", labels, count);
  for (const [agent, decisions] of Object.entries(found.decisions.counters))
    for (const [decision, count] of Object.entries(decisions))
      out.gauge("hall_decisions", { agent, decision }, count);
  for (const { account, restarts } of found.stream)
    for (const [cause, count] of Object.entries(restarts))
      out.gauge("hall_stream_restarts", { account: toLabel(account), cause }, count);
  out.gauge("hall_hidden_cost_usd", {}, hidden_nano_usd / 1e9);
}
