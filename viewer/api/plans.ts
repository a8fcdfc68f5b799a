import { existsSync } from "node:fs";
import * as z from "zod";
import { lintPlan } from "../../collector/plans/lint/lint.ts";
import type { PlanFindings } from "../../schema/api-plans.ts";
import type { RouteRequest } from "../../schema/api-types.ts";
import { AppError } from "../../schema/errors.ts";
import { feedQueries } from "../../store/queries/feed.ts";
import { planUsageQueries } from "../../store/queries/plan-usage.ts";
import { type ListedPlan, planQueries } from "../../store/queries/plans.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { fromCursor, toCursor } from "./answer.ts";
import { toPlanDetail, toPlanGraph, toPlans } from "./plan-shape.ts";

const After = z.tuple([z.literal("plan"), z.int(), z.int()]);
const Behind = z.tuple([z.literal("event"), z.int().positive()]);
type EventsQuery = RouteRequest<"GET /api/plans/events">["query"];

export function planHandlers(deps: ViewerDeps) {
  const queries = planQueries(deps.reader);
  const usage = planUsageQueries(deps.reader);
  const feed = feedQueries(deps.reader);
  const now = () => deps.now?.() ?? Date.now();

  function listed({ limit, cursor, ...rest }: RouteRequest<"GET /api/plans">["query"]) {
    const after = fromCursor(cursor, After);
    const place = after && { changed_unix_ms: after[1], plan_pk: after[2] };
    const rows = queries.latest({ ...rest, after: place, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const next_cursor = last ? toCursor(["plan", last.changed_unix_ms ?? 0, last.plan_pk]) : null;
    return { data: toPlans(queries, usage, page, now()), next_cursor };
  }

  /** Oldest first: a plan is read from its beginning. */
  function events({ limit, cursor }: EventsQuery, plan_key?: string) {
    const found = feed.planEventsAfter(fromCursor(cursor, Behind)?.[1] ?? 0, plan_key, limit + 1);
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return { data: page, next_cursor: last ? toCursor(["event", last.seq]) : null };
  }

  const find = ({ name }: { name: string }): ListedPlan => theOne(name, queries.find(name));
  return {
    "GET /api/plans": ({ query }) => listed(query),
    "GET /api/plans/events": ({ query }) => events(query),
    "GET /api/plans/events/:name": ({ params, query }) => events(query, find(params).plan_key),
    "GET /api/plans/:name": ({ params }) => ({ data: toPlanDetail(queries, usage, find(params), now()) }),
    "GET /api/plans/:name/findings": ({ params }) => ({ data: toFindings(find(params)) }),
    "GET /api/plans/:name/graph": ({ params }) => ({ data: toPlanGraph(queries, find(params)) }),
  } satisfies Partial<Handlers>;
}

/** As many as a person reads; the command prints them all. */
const MOST_FINDINGS = 500;

function toFindings({ plan_key, path, state }: ListedPlan): PlanFindings {
  const is_there = state !== "deleted" && existsSync(path);
  const found = is_there ? lintPlan(path) : [];
  return { plan_key, is_there, findings: found.slice(0, MOST_FINDINGS), total: found.length };
}

/** An ambiguous name is rejected with the keys of its plans; deleted plans count only if there is no other. */
function theOne(name: string, found: ListedPlan[]): ListedPlan {
  const there = found.filter((p) => p.state !== "deleted");
  const [first, ...others] = there.length > 0 ? there : found;
  if (!first)
    throw new AppError("not_found", `Plan ${name} not found`, {
      hint: "GET /api/plans lists them",
      hint_for: "api",
    });
  if (others.length === 0 || first.plan_key === name) return first;
  const keys = [first, ...others].map((p) => `${p.plan_key} in ${p.project_path}`).join(", ");
  throw new AppError("bad_request", `name: several plans are named ${name}: ${keys}`, {
    hint: "use a key, or project:name",
  });
}
