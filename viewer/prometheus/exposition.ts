import { hiddenCostQuery } from "../../store/queries/capture.ts";
import { limitQueries } from "../../store/queries/limits.ts";
import { metricTotalsQueries } from "../../store/queries/metric-totals.ts";
import { activityView } from "../api/session-shape.ts";
import type { ViewerDeps } from "../deps.ts";
import { showCapture } from "./capture.ts";
import { limitMetrics } from "./limits.ts";
import { planMetrics } from "./plans.ts";
import type { PollTimes } from "./poll-times.ts";
import { showProduct } from "./product.ts";
import { createRegistry } from "./registry.ts";
import { usageMetrics } from "./usage.ts";

/** What is in the database and in this process, as text. A scrape polls no source. */
export function createExposition(deps: ViewerDeps, streams: { count(): number }, polls: PollTimes) {
  const out = createRegistry();
  const totals = metricTotalsQueries(deps.reader);
  const showUsage = usageMetrics(totals, activityView(deps), out);
  const showLimits = limitMetrics(limitQueries(deps.reader), deps.limits, polls, out);
  const showPlans = planMetrics(deps.reader, out);
  const hiddenCost = hiddenCostQuery(deps.reader);
  return () => {
    out.clearGauges();
    showUsage();
    showLimits(deps.now?.() ?? Date.now());
    showPlans();
    showProduct(
      {
        status: deps.status(),
        sse_clients: streams.count(),
        backlog: deps.spoolBacklog?.(),
        last_event_unix_ms: totals.lastUnixMs(),
      },
      out,
    );
    if (deps.capture) showCapture(deps.capture.view(), hiddenCost(), out);
    return out.text();
  };
}
