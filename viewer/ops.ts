import { AppError } from "../schema/errors.ts";
import { SOURCES } from "../schema/events.ts";
import { openApi } from "../schema/openapi.ts";
import { isBearer } from "./access/access.ts";
import type { ViewerDeps } from "./deps.ts";
import type { Handlers } from "./handlers.ts";

export function opsHandlers(deps: ViewerDeps, streams: { count(): number }) {
  return {
    "GET /api/status": () => {
      const now = deps.status();
      const counters = { ...now.counters, sse_clients: streams.count() };
      return { data: { ...now, data_dir: "", counters } };
    },
    "GET /healthz": () => {
      const { state, version } = deps.status();
      return { data: { state, version } };
    },
    "GET /openapi.json": () => openApi(deps.status().version),
    "POST /api/system/reindex": async ({ body: { sources = SOURCES.filter((s) => s !== "hall") } }) => {
      const { files } = await deps.reindex(sources);
      return { data: { sources, files } };
    },
    "POST /shutdown": (_, c) => {
      if (!isBearer(c.req.header("authorization"), deps.token))
        throw new AppError("unauthorized", "The bearer token of daemon.json is required", {
          hint: "use `hall-monitor stop`",
        });
      setTimeout(deps.shutdown, 20);
      return { data: { stopping: true as const } };
    },
  } satisfies Partial<Handlers>;
}
