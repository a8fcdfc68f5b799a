import { timingSafeEqual } from "node:crypto";
import { AppError } from "../schema/errors.ts";
import { SOURCES } from "../schema/events.ts";
import { openApi } from "../schema/openapi.ts";
import type { ViewerDeps } from "./deps.ts";
import type { Handlers } from "./handlers.ts";

/** An empty or short token opens nothing: a file that lost its content must not unlock the daemon. */
const MIN_TOKEN_LENGTH = 16;

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
    "GET /openapi.json": (_, c) => c.json(openApi(deps.status().version)),
    "POST /api/system/reindex": async ({ body: { sources = SOURCES.filter((s) => s !== "hall") } }) => {
      const { files } = await deps.reindex(sources);
      return { data: { sources, files } };
    },
    "POST /shutdown": (_, c) => {
      if (!isToken(c.req.header("authorization"), deps.token))
        throw new AppError("unauthorized", "The bearer token of daemon.json is needed", {
          hint: "use `hall-monitor stop`",
        });
      setTimeout(deps.shutdown, 20);
      return { data: { stopping: true as const } };
    },
  } satisfies Partial<Handlers>;
}

function isToken(header: string | undefined, token: string): boolean {
  if (token.length < MIN_TOKEN_LENGTH) return false;
  const given = Buffer.from(header?.replace(/^Bearer /i, "") ?? "");
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
