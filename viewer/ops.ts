import { timingSafeEqual } from "node:crypto";
import type { Hono } from "hono";
import { ReindexBody } from "../schema/api-params.ts";
import { AppError } from "../schema/errors.ts";
import { SOURCES } from "../schema/events.ts";
import { openApi } from "../schema/openapi.ts";
import { answer, body } from "./api/answer.ts";
import type { Env, ViewerDeps } from "./deps.ts";

/** An empty or short token opens nothing: a file that lost its content must not unlock the daemon. */
const MIN_TOKEN_LENGTH = 16;

export function opsRoutes(app: Hono<Env>, deps: ViewerDeps, streams: { count(): number }): void {
  const status = () => {
    const now = deps.status();
    return { ...now, data_dir: "", counters: { ...now.counters, sse_clients: streams.count() } };
  };
  app.get("/api/status", (c) => answer(c, deps, status()));
  app.get("/healthz", (c) => {
    const { state, version } = deps.status();
    return answer(c, deps, { state, version });
  });
  app.get("/openapi.json", (c) => c.json(openApi(deps.status().version)));

  app.post("/api/system/reindex", async (c) => {
    const { sources = SOURCES.filter((s) => s !== "hall") } = await body(c, ReindexBody);
    const { files } = await deps.reindex(sources);
    return answer(c, deps, { sources, files });
  });

  app.post("/shutdown", (c) => {
    if (!isToken(c.req.header("authorization"), deps.token))
      throw new AppError("unauthorized", "The bearer token of daemon.json is needed", {
        hint: "use `hall-monitor stop`",
      });
    setTimeout(deps.shutdown, 20);
    return answer(c, deps, { stopping: true });
  });
}

function isToken(header: string | undefined, token: string): boolean {
  if (token.length < MIN_TOKEN_LENGTH) return false;
  const given = Buffer.from(header?.replace(/^Bearer /i, "") ?? "");
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
