import * as z from "zod";
import { Alerts } from "./alerts.ts";
import * as l from "./api-limits.ts";
import * as p from "./api-params.ts";
import { RequestDetail, RequestSummary } from "./api-requests.ts";
import * as s from "./api-shapes.ts";
import { ERROR_CODES, type ErrorCode } from "./errors.ts";
import { DaemonStatus } from "./status.ts";
import { SCHEMA_VERSION } from "./version.ts";

export { SCHEMA_VERSION };

const cursor = z
  .string()
  .nullable()
  .describe("ask again with it for the next page; null = this was the last");

/** The prices that a new request gets; what is stored names its own price row. */
export const PriceBookEdition = z.object({
  id: z.string().describe("the same prices have the same id"),
  checked_on: z.iso.date().nullable().describe("latest day on which a vendor's page was read"),
});

const envelope = <T extends z.ZodType>(data: T) =>
  z.object({
    schema_version: z.literal(SCHEMA_VERSION),
    generated_at: z.iso.datetime(),
    time_zone: z.string(),
    price_book: PriceBookEdition,
    data,
  });
const paged = <T extends z.ZodType>(data: T) => envelope(data).extend({ next_cursor: cursor });

const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];
export const ProblemDocument = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(codes),
  detail: z.string(),
  hint: z.string().optional(),
});

export type Route = {
  method: "get" | "post";
  /** `:name` marks a parameter. */
  path: string;
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** Always `application/json`; may be left out where every field has a default. */
  body?: z.ZodObject;
  /** Shape of a JSON answer, envelope included; absent for streams and files. */
  answer?: z.ZodType;
  content_type: string;
};

const json = "application/json";
const stream = "text/event-stream";

/** Answers by name, so that the page and the CLI can type what they fetch. */
export const Answers = {
  metrics: paged(z.array(s.FeedEvent)),
  aggregations: envelope(s.Aggregations),
  costs: envelope(s.Costs),
  sessions: paged(z.array(s.Session)),
  session: envelope(s.SessionDetail),
  timeline: paged(s.Timeline),
  session_aggregation: envelope(s.SessionAggregation),
  requests: paged(z.array(RequestSummary)),
  request: envelope(RequestDetail),
  status: envelope(DaemonStatus),
  stats: envelope(s.DashboardStats),
  limits: envelope(l.Limits),
  limits_history: paged(l.LimitsHistory),
  alerts: envelope(Alerts),
  health: envelope(z.object({ state: DaemonStatus.shape.state, version: z.string() })),
  reindex: envelope(z.object({ sources: z.array(z.string()), files: z.int().nonnegative() })),
  shutdown: envelope(z.object({ stopping: z.literal(true) })),
} as const;
export type Answer<K extends keyof typeof Answers> = z.infer<(typeof Answers)[K]>;

const aggregations = {
  method: "get",
  query: p.AggregationsQuery,
  answer: Answers.aggregations,
  content_type: json,
} as const;
const costs = { method: "get", query: p.CostsQuery, answer: Answers.costs, content_type: json } as const;

/** Every route; `/openapi.json` and the README's table are printed from it. */
export const ROUTES: readonly Route[] = [
  {
    method: "get",
    path: "/api/metrics",
    summary: "Events, newest first",
    query: p.MetricsQuery,
    answer: Answers.metrics,
    content_type: json,
  },
  {
    ...aggregations,
    path: "/api/metrics/aggregations",
    summary: "Counts, cost or tokens by hour, day, week or month",
  },
  { ...aggregations, path: "/api/aggregations", summary: "The same as /api/metrics/aggregations" },
  { ...costs, path: "/api/metrics/costs", summary: "Cost and tokens by model and day, with coverage" },
  { ...costs, path: "/api/costs", summary: "The same as /api/metrics/costs" },
  {
    method: "post",
    path: "/api/metrics/export",
    summary: "Events of a range as NDJSON or CSV, oldest first",
    body: p.ExportBody,
    content_type: "application/x-ndjson",
  },
  {
    method: "get",
    path: "/api/sessions",
    summary: "Sessions, latest first",
    query: p.SessionsQuery,
    answer: Answers.sessions,
    content_type: json,
  },
  {
    method: "get",
    path: "/api/sessions/:id",
    summary: "One session",
    params: p.SessionParams,
    answer: Answers.session,
    content_type: json,
  },
  {
    method: "get",
    path: "/api/sessions/:id/timeline",
    summary: "What happened in a session, oldest first, with its agents and tool spans",
    params: p.SessionParams,
    query: p.TimelineQuery,
    answer: Answers.timeline,
    content_type: json,
  },
  {
    method: "get",
    path: "/api/sessions/:id/aggregation",
    summary: "A session's totals by model, agent and day",
    params: p.SessionParams,
    query: p.SessionAggregationQuery,
    answer: Answers.session_aggregation,
    content_type: json,
  },
  {
    method: "get",
    path: "/api/requests",
    summary: "Billed inferences, newest first",
    query: p.RequestsQuery,
    answer: Answers.requests,
    content_type: json,
  },
  {
    method: "get",
    path: "/api/requests/:id",
    summary: "One billed inference with its line items, price and source line",
    params: p.RequestParams,
    answer: Answers.request,
    content_type: json,
  },
  {
    method: "get",
    path: "/api/dashboard/stats",
    summary: "The overview's numbers, with change against the period before",
    query: p.StatsQuery,
    answer: Answers.stats,
    content_type: json,
  },
  {
    method: "get",
    path: "/api/limits",
    summary: "Windows of rate limits now: value, pace, reset, forecast, age, and how their sources are doing",
    query: l.LimitsQuery,
    answer: Answers.limits,
    content_type: json,
  },
  {
    method: "get",
    path: "/api/limits/history",
    summary: "Readings over time, by hour or one by one",
    query: l.LimitsHistoryQuery,
    answer: Answers.limits_history,
    content_type: json,
  },
  {
    method: "get",
    path: "/api/alerts",
    summary: "Alerts that are on, the latest that began or ended, and how their delivery is doing",
    answer: Answers.alerts,
    content_type: json,
  },
  {
    method: "get",
    path: "/api/status",
    summary: "State of the daemon",
    answer: Answers.status,
    content_type: json,
  },
  {
    method: "post",
    path: "/api/system/reindex",
    summary: "Read source files again; no body = all sources",
    body: p.ReindexBody,
    answer: Answers.reindex,
    content_type: json,
  },
  {
    method: "post",
    path: "/shutdown",
    summary: "Stop the daemon; bearer token from daemon.json",
    answer: Answers.shutdown,
    content_type: json,
  },
  {
    method: "get",
    path: "/events",
    summary: "Everything as it is committed",
    query: p.StreamQuery,
    content_type: stream,
  },
  {
    method: "get",
    path: "/events/metrics",
    summary: "Events other than plans and limits",
    query: p.StreamQuery,
    content_type: stream,
  },
  {
    method: "get",
    path: "/events/plans",
    summary: "Plan events",
    query: p.StreamQuery,
    content_type: stream,
  },
  {
    method: "get",
    path: "/events/limits",
    summary: "Rate limit samples and alerts",
    query: p.StreamQuery,
    content_type: stream,
  },
  {
    method: "get",
    path: "/healthz",
    summary: "Whether the daemon answers",
    answer: Answers.health,
    content_type: json,
  },
  {
    method: "get",
    path: "/metrics",
    summary: "Prometheus text: limits, usage, cost and the daemon itself",
    content_type: "text/plain",
  },
  {
    method: "get",
    path: "/status.json",
    summary: "Limits of each account, for programs that choose one; without ids, tokens or paths",
    answer: l.StatusDocument,
    content_type: json,
  },
  { method: "get", path: "/openapi.json", summary: "This contract", content_type: json },
];

/** What an `event:` of a stream may be; `data:` is a FeedEvent, or a small object for the last two. */
export const STREAM_EVENTS = ["metric", "plan", "rate_limit", "heartbeat", "reset"] as const;
