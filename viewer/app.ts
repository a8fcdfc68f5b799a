import { Hono } from "hono";
import { listRoutes } from "../schema/api.ts";
import { AppError, ERROR_CODES, type ErrorCode, toProblem } from "../schema/errors.ts";
import { matchPage } from "../schema/pages.ts";
import { toStoreError } from "../store/database.ts";
import { type Access, SIGN_IN_PATH } from "./access/access.ts";
import { aggregationHandlers } from "./api/aggregations.ts";
import { alertHandlers } from "./api/alerts.ts";
import { cacheHandlers } from "./api/cache.ts";
import { captureHandlers } from "./api/capture.ts";
import { healthHandlers } from "./api/health.ts";
import { limitAttributionHandlers } from "./api/limit-attribution.ts";
import { limitHandlers } from "./api/limits.ts";
import { metricsHandlers } from "./api/metrics.ts";
import { planHandlers } from "./api/plans.ts";
import { reconcileHandlers } from "./api/reconcile.ts";
import { requestHandlers } from "./api/requests.ts";
import { sessionHandlers } from "./api/sessions.ts";
import { statsHandlers } from "./api/stats.ts";
import { textHandlers } from "./api/texts.ts";
import { toolHandlers } from "./api/tools.ts";
import { wasteHandlers } from "./api/waste.ts";
import type { Ctx, Env, ViewerDeps } from "./deps.ts";
import { encoding, sendAsset } from "./encoding.ts";
import { guard, securityHeaders } from "./guard.ts";
import { type Handlers, registerRoutes } from "./handlers.ts";
import { opsHandlers } from "./ops.ts";
import { isExport, type OtlpDeps, otlpHandlers } from "./otlp/receive.ts";
import { pages, shellOf } from "./page.ts";
import { prometheusHandlers } from "./prometheus/route.ts";
import { CHALLENGE_HEADER, PROOF_HEADER, toProof } from "./proof.ts";
import { openStreams, streamHandlers } from "./stream.ts";

export type { ViewerDeps } from "./deps.ts";

const ANSWER_S = 120;
/** For temporary faults. */
const RETRY_AFTER_S: Partial<Record<ErrorCode, string>> = {
  too_many_streams: "10",
  too_many_requests: "1",
  spool_refused: "10",
};

/** The HTTP application. It reads the store and is notified of commits; it never writes. */
export function createApp(deps: ViewerDeps): Hono<Env> {
  const app = new Hono<Env>();
  app.use("*", async (c, next) => {
    await next();
    securityHeaders(c.res.headers);
    const proof = toProof(deps.token, c.req.header(CHALLENGE_HEADER));
    if (proof !== undefined) c.res.headers.set(PROOF_HEADER, proof);
  });
  app.use("*", guard(deps));
  if (deps.access !== "in_process") useAccess(app, deps.access, deps.otlp);
  const routes = new Hono<Env>();
  routes.use("*", (c, next) => {
    // A response over months of a large store on a busy machine may take longer than the idle timeout of a connection.
    if (c.req.method === "GET") c.env?.timeout?.(c.req.raw, ANSWER_S);
    return next();
  });
  routes.use("*", encoding());
  routes.onError((error) => problem(toAppError(error)));
  registerRoutes(routes, deps, handlersOf(deps));
  refuseOtherMethods(routes);
  app.use("*", pages(deps, routes));
  app.route("/", routes);
  app.get("*", (c) => {
    const view = matchPage(c.req.path);
    const asset = deps.assets.get(c.req.path) ?? (view && shellOf(deps, view.page));
    if (!asset)
      return problem(
        new AppError("not_found", "No such path", { hint: "see /openapi.json", hint_for: "api" }),
      );
    return sendAsset(c, asset);
  });
  app.notFound(() =>
    problem(new AppError("not_found", "No such path", { hint: "see /openapi.json", hint_for: "api" })),
  );
  app.onError((error) => problem(toAppError(error)));
  return app;
}

function handlersOf(deps: ViewerDeps) {
  const streams = openStreams();
  return {
    ...metricsHandlers(deps),
    ...aggregationHandlers(deps),
    ...sessionHandlers(deps),
    ...textHandlers(deps),
    ...toolHandlers(deps),
    ...requestHandlers(deps),
    ...statsHandlers(deps),
    ...reconcileHandlers(deps),
    ...cacheHandlers(deps),
    ...wasteHandlers(deps),
    ...captureHandlers(deps),
    ...healthHandlers(deps),
    ...limitHandlers(deps),
    ...limitAttributionHandlers(deps),
    ...alertHandlers(deps),
    ...planHandlers(deps),
    ...streamHandlers(deps, streams),
    ...opsHandlers(deps, streams),
    ...prometheusHandlers(deps, streams),
    ...otlpHandlers(deps),
  } satisfies Handlers;
}

/** After every route, so that another path with the same pattern keeps its own. A preflight finds nothing: no CORS. */
function refuseOtherMethods(routes: Hono<Env>): void {
  for (const [path, of] of Map.groupBy(listRoutes(), (route) => route.path)) {
    const methods = of.map((route) => route.method).join(", ");
    routes.all(path, (c, next) =>
      c.req.method === "OPTIONS" ? next() : Promise.resolve(problem(otherMethod(c, methods), methods)),
    );
  }
}

function otherMethod(c: Ctx, methods: string): AppError {
  return new AppError("method_not_allowed", `${c.req.method} is not allowed here, only ${methods}`, {
    hint: "see /openapi.json",
    hint_for: "api",
  });
}

function useAccess(app: Hono<Env>, access: Access, otlp: OtlpDeps | undefined): void {
  app.use("*", (c, next) => {
    if (c.req.path === SIGN_IN_PATH && c.req.method === "GET") return Promise.resolve(access.signIn(c));
    if (otlp && isExport(otlp, c)) return next();
    access.check(c);
    return next();
  });
}

function toAppError(error: Error): AppError {
  if (error instanceof AppError) return error;
  if ("code" in error && String(error.code).startsWith("SQLITE_")) return toStoreError(error, "the database");
  console.error(JSON.stringify({ level: "error", message: error.message, stack: error.stack }));
  return new AppError("internal", "Internal error; see the daemon's log for the trace", { cause: error });
}

/** RFC 9457. */
function problem(error: AppError, allow?: string): Response {
  const after = RETRY_AFTER_S[error.code];
  const headers = {
    "Content-Type": "application/problem+json",
    ...(after !== undefined && { "Retry-After": after }),
    ...(allow !== undefined && { Allow: allow }),
  };
  return new Response(JSON.stringify(toProblem(error)), { status: ERROR_CODES[error.code].status, headers });
}
