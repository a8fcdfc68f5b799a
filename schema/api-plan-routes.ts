import * as z from "zod";
import { text } from "./api-params.ts";
import defer * as plans from "./api-plans.ts";
import { FeedEvent } from "./events.ts";
import { cursor, limitTo } from "./paging.ts";
import { PLAN_STATES } from "./plan.ts";

const limit = limitTo(200, 50);

const PlansQuery = z.strictObject({
  state: z.enum(PLAN_STATES).describe("absent = all plans except deleted ones").optional(),
  project: text.describe("whole path, or its last part").optional(),
  limit,
  cursor,
});
const PlanParams = z.strictObject({
  name: text.describe("a plan's name, `project:name` with the last part of the project's path, or its key"),
});
const PlanEventsQuery = z.strictObject({ limit, cursor });

/** Part of the table of routes. */
export const PLAN_ROUTES = {
  "GET /api/plans": {
    summary: "Plans with state, progress, times and cost, latest change first",
    query: PlansQuery,
    data: z.lazy(() => z.array(plans.Plan)),
    paged: true,
  },
  "GET /api/plans/events": {
    called_by: "scripts",
    summary: "Events of all plans, oldest first",
    query: PlanEventsQuery,
    data: z.lazy(() => z.array(FeedEvent)),
    paged: true,
  },
  "GET /api/plans/events/:name": {
    called_by: "scripts",
    summary: "Events of one plan, oldest first",
    params: PlanParams,
    query: PlanEventsQuery,
    data: z.lazy(() => z.array(FeedEvent)),
    paged: true,
  },
  "GET /api/plans/:name": {
    summary: "One plan: its features with attempts, times and cost",
    params: PlanParams,
    data: z.lazy(() => plans.PlanDetail),
  },
  "GET /api/plans/:name/graph": {
    summary: "Dependencies of a plan: layers, critical path, Mermaid",
    params: PlanParams,
    data: z.lazy(() => plans.PlanGraph),
  },
  "GET /api/plans/:name/findings": {
    summary: "Linter findings for the plan's current files",
    params: PlanParams,
    data: z.lazy(() => plans.PlanFindings),
  },
} as const;
