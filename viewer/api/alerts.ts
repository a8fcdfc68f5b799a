import { alertQueries } from "../../store/alerts.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";

export function alertHandlers(deps: ViewerDeps) {
  const alerts = alertQueries(deps.reader);
  return {
    "GET /api/alerts": () => ({
      data: {
        active: alerts.active(),
        recent: alerts.recent(),
        is_dry_run: deps.alerts?.is_dry_run ?? null,
        budgets: deps.alerts?.budgets ?? [],
        deliveries: deps.alerts?.deliveries() ?? [],
      },
    }),
  } satisfies Partial<Handlers>;
}
