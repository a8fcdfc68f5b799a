import * as z from "zod";
import { Alerts } from "./alerts.ts";
import defer * as cache from "./api-cache.ts";
import defer * as capture from "./api-capture.ts";
import type { Contents } from "./api-content.ts";
import defer * as kinds from "./api-costs.ts";
import * as feed from "./api-feed-params.ts";
import { HEALTH_ROUTES } from "./api-health-routes.ts";
import { LIMIT_ROUTES } from "./api-limit-routes.ts";
import defer * as l from "./api-limits.ts";
import { CacheQuery, WasteQuery } from "./api-money-params.ts";
import defer * as outline from "./api-outline.ts";
import { OpenApiDocument, otlpRoute } from "./api-own.ts";
import * as p from "./api-params.ts";
import { PLAN_ROUTES } from "./api-plan-routes.ts";
import defer * as reconcile from "./api-reconcile.ts";
import defer * as r from "./api-requests.ts";
import defer * as s from "./api-shapes.ts";
import defer * as t from "./api-texts.ts";
import { TOOL_ROUTES } from "./api-tool-routes.ts";
import defer * as waste from "./api-waste.ts";
import { Envelope, PagedEnvelope } from "./envelope.ts";
import { FeedEvent } from "./events.ts";
import defer * as status from "./status.ts";
import { STREAM_MESSAGES } from "./stream-messages.ts";
import type { OtlpSignal } from "./telemetry.ts";

/**
 * Response of a route: data in the envelope, a JSON document of its own, or content of one of several types. Only
 * documents, tests and clients need its shape, and all of them are 2 MB: they are lazy, from modules that are evaluated
 * when they are first used.
 */
type Gives =
  | { data: z.ZodLazy; paged?: true; document?: never; content?: never }
  | { document: z.ZodLazy; data?: never; paged?: never; content?: never }
  | { content: Contents; data?: never; paged?: never; document?: never };

export type RouteSpec = Gives & {
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** Always `application/json`; optional if every field has a default. */
  body?: z.ZodObject;
  /** Content types of a route that parses its body itself. */
  accepts?: Contents;
  /** The signal that agents export to it. */
  otlp?: OtlpSignal;
  /** Only with the bearer token of daemon.json. */
  needs_token?: true;
  /** Its caller, if neither the page nor a command calls it. */
  called_by?: "scripts" | "agents" | "Prometheus";
};

/** A path with `:name` must declare its parameters; no other path may. */
type Checked<Key> = Key extends `${string}:${string}`
  ? RouteSpec & { params: z.ZodObject }
  : Key extends `${"GET" | "POST"} /${string}`
    ? RouteSpec & { params?: never }
    : never;

const defineRoutes = <const T extends { [Key in keyof T]: Checked<Key> }>(table: T): T => table;

const stream = {
  query: feed.StreamQuery,
  content: {
    "text/event-stream": z
      .union(Object.values(STREAM_MESSAGES))
      .describe(
        "`data:` of a message; its `event:` is metric, plan, rate_limit, session, heartbeat or reset",
      ),
  },
} as const;
const aggregations = { query: p.AggregationsQuery, data: z.lazy(() => s.Aggregations) } as const;
const costs = { query: p.CostsQuery, data: z.lazy(() => s.Costs) } as const;

/**
 * Every route, by method and path. The server registers its handlers by these keys, the page and the commands send
 * requests by them, and `/openapi.json` and the documents are printed from them: what one side lacks is a compile
 * error.
 */
export const ROUTES = defineRoutes({
  "GET /api/metrics": {
    summary: "Events by their own time, newest first",
    query: feed.MetricsQuery,
    data: z.lazy(() => z.array(FeedEvent)),
    paged: true,
  },
  "GET /api/metrics/aggregations": {
    ...aggregations,
    called_by: "scripts",
    summary: "Counts, cost or tokens by hour, day, week or month",
  },
  "GET /api/aggregations": { ...aggregations, summary: "The same as /api/metrics/aggregations" },
  "GET /api/metrics/costs": {
    ...costs,
    called_by: "scripts",
    summary: "Cost and tokens by model and day, with price coverage",
  },
  "GET /api/costs": { ...costs, summary: "The same as /api/metrics/costs" },
  "GET /api/costs/kinds": {
    summary: "Cost by kind of token",
    query: p.CostKindsQuery,
    data: z.lazy(() => kinds.CostKinds),
  },
  "POST /api/metrics/export": {
    summary: "Events of a range as NDJSON or CSV, oldest first",
    body: feed.ExportBody,
    content: {
      "application/x-ndjson": FeedEvent.describe("one on each line"),
      "text/csv": z.string().describe("RFC 4180, with a line of column names"),
    },
  },
  "GET /api/sessions": {
    summary: "Sessions, latest first",
    query: p.SessionsQuery,
    data: z.lazy(() => z.array(s.Session)),
    paged: true,
  },
  "GET /api/session-days": {
    summary: "Number of sessions per day",
    query: p.SessionDaysQuery,
    data: z.lazy(() => outline.SessionDays),
  },
  "GET /api/sessions/:id": {
    summary: "One session",
    params: p.SessionParams,
    data: z.lazy(() => s.SessionDetail),
  },
  "GET /api/sessions/:id/timeline": {
    summary: "Timeline of a session, oldest first, with its agents and tool spans",
    params: p.SessionParams,
    query: p.TimelineQuery,
    data: z.lazy(() => s.Timeline),
    paged: true,
  },
  "GET /api/sessions/:id/outline": {
    summary: "A session's whole timeline in columns, in blocks from prompt to prompt",
    params: p.SessionParams,
    data: z.lazy(() => outline.Outline),
  },
  "GET /api/sessions/:id/aggregation": {
    called_by: "scripts",
    summary: "A session's totals by model, agent and day",
    params: p.SessionParams,
    query: p.SessionAggregationQuery,
    data: z.lazy(() => s.SessionAggregation),
  },
  "GET /api/sessions/:id/transcript": {
    summary: "Conversation of a session in pages, from either end or around one text",
    params: p.SessionParams,
    query: p.TranscriptQuery,
    data: z.lazy(() => t.Transcript),
  },
  "GET /api/search": {
    summary: "Full-text search of titles and conversations",
    query: p.SearchQuery,
    data: z.lazy(() => t.SearchAnswer),
    paged: true,
  },
  "GET /api/requests": {
    summary: "Billed inferences, newest first",
    query: p.RequestsQuery,
    data: z.lazy(() => z.array(r.RequestSummary)),
    paged: true,
  },
  "GET /api/requests/:id": {
    summary: "One billed inference with its line items, price and source line",
    params: p.RequestParams,
    data: z.lazy(() => r.RequestDetail),
  },
  ...HEALTH_ROUTES,
  ...TOOL_ROUTES,
  "GET /api/cache": {
    summary: "What the prompt cache saved, what its misses cost and why, and what is cached now",
    query: CacheQuery,
    data: z.lazy(() => cache.Cache),
  },
  "GET /api/waste": {
    summary: "Wasted cost by cause, with evidence, a fix, and the preceding period",
    query: WasteQuery,
    data: z.lazy(() => waste.Waste),
  },
  "GET /api/capture": {
    summary: "State of each source, and whether recording is complete",
    data: z.lazy(() => capture.Capture),
  },
  "POST /api/capture/stream": {
    summary: "Turn live recording off or on, or reset a crash loop; needs the bearer token of daemon.json",
    needs_token: true,
    body: p.StreamSwitch,
    data: z.lazy(() => capture.Capture),
  },
  "GET /api/reconcile": {
    summary: "Recorded cost compared with the client's own total, with each difference explained",
    query: p.ReconcileQuery,
    data: z.lazy(() => reconcile.Reconcile),
  },
  "GET /api/dashboard/stats": {
    summary: "Totals for an overview, with the change from the preceding period",
    query: p.StatsQuery,
    data: z.lazy(() => s.DashboardStats),
  },
  ...LIMIT_ROUTES,
  "GET /api/alerts": {
    summary: "Active alerts, those that fired or cleared recently, and the state of their delivery",
    data: z.lazy(() => Alerts),
  },
  ...PLAN_ROUTES,
  "GET /api/status": { summary: "State of the daemon", data: z.lazy(() => status.DaemonStatus) },
  "POST /api/system/reindex": {
    summary: "Re-read source files; no body = all sources",
    body: p.ReindexBody,
    data: z.lazy(() => z.object({ sources: z.array(z.string()), files: z.int().nonnegative() })),
  },
  "POST /shutdown": {
    summary: "Stop the daemon; needs the bearer token of daemon.json",
    needs_token: true,
    data: z.lazy(() => z.object({ stopping: z.literal(true) })),
  },
  "GET /events": { ...stream, summary: "All events as they are committed" },
  "GET /events/metrics": {
    ...stream,
    called_by: "scripts",
    summary: "All events except plan and limit events",
  },
  "GET /events/plans": { ...stream, called_by: "scripts", summary: "Plan events" },
  "GET /events/limits": { ...stream, called_by: "scripts", summary: "Rate limit samples and alerts" },
  "POST /v1/logs": {
    ...otlpRoute("logs"),
    called_by: "agents",
    summary: "OpenTelemetry logs of the agents, OTLP/HTTP in JSON or protobuf",
  },
  "POST /v1/metrics": {
    ...otlpRoute("metrics"),
    called_by: "agents",
    summary: "OpenTelemetry metrics; they check totals and are never added to them",
  },
  "POST /v1/traces": {
    ...otlpRoute("traces"),
    called_by: "agents",
    summary: "OpenTelemetry spans; used only as a sign of life",
  },
  "GET /healthz": {
    summary: "Whether the daemon is up",
    data: z.lazy(() => z.object({ state: status.DaemonStatus.shape.state, version: z.string() })),
  },
  "GET /metrics": {
    called_by: "Prometheus",
    summary: "Prometheus text: limits, usage, cost and the daemon itself",
    content: { "text/plain": z.string().describe("text format of Prometheus 0.0.4") },
  },
  "GET /status.json": {
    called_by: "scripts",
    summary: "Limits of each account, for programs that pick one; no ids, tokens or paths",
    document: z.lazy(() => l.StatusDocument),
  },
  "GET /openapi.json": {
    called_by: "scripts",
    summary: "This API as an OpenAPI document",
    document: z.lazy(() => OpenApiDocument),
  },
});

/** `GET /api/limits`: the name of a route in server and clients. */
export type RouteKey = keyof typeof ROUTES;

/** Shape of a JSON answer, envelope included; undefined for streams and files. */
export function answerSchema(spec: RouteSpec): z.ZodType | undefined {
  if (spec.document) return spec.document;
  if (!spec.data) return undefined;
  return (spec.paged ? PagedEnvelope : Envelope).extend({ data: spec.data });
}

export type Route = RouteSpec & {
  key: RouteKey;
  method: "GET" | "POST";
  /** `:name` marks a parameter. */
  path: string;
};

/** The table as a list, for code that handles all routes alike. */
export function listRoutes(): Route[] {
  return Object.entries<RouteSpec>(ROUTES).map(([key, spec]) => {
    const [method, path] = key.split(" ") as ["GET" | "POST", string];
    return { ...spec, key: key as RouteKey, method, path };
  });
}

/** Shape of a route's response in each of its content types. */
export function contentsOf(spec: RouteSpec): Contents {
  const answer = answerSchema(spec);
  return answer ? { "application/json": answer } : (spec.content ?? {});
}
