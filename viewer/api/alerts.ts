import type { Hono } from "hono";
import type { Alerts } from "../../schema/alerts.ts";
import { alertQueries } from "../../store/alerts.ts";
import type { Env, ViewerDeps } from "../deps.ts";
import { answer } from "./answer.ts";

export function alertRoutes(app: Hono<Env>, deps: ViewerDeps): void {
  const alerts = alertQueries(deps.reader);
  app.get("/api/alerts", (c) => {
    const data: Alerts = {
      active: alerts.active(),
      recent: alerts.recent(),
      is_dry_run: deps.alerts?.is_dry_run ?? null,
      deliveries: deps.alerts?.deliveries() ?? [],
    };
    return answer(c, deps, data);
  });
}
