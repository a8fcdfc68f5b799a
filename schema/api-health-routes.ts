import * as z from "zod";
import defer * as health from "./api-health.ts";
import { range } from "./api-params.ts";
import { SOURCES } from "./event-names.ts";
import { page } from "./paging.ts";
import { REJECT_REASONS } from "./row-values.ts";

const RejectsQuery = z.strictObject({
  source: z.enum(SOURCES).optional(),
  reason: z.enum(REJECT_REASONS).optional(),
  ...range,
  ...page,
});

/** Part of the table of routes. */
export const HEALTH_ROUTES = {
  "GET /api/health": {
    summary: "Data quality and storage: rejects, missing prices, hooks, disk usage",
    data: z.lazy(() => health.Health),
  },
  "GET /api/health/rejects": {
    summary: "Rejected lines with file, position and reason, newest first",
    query: RejectsQuery,
    data: z.lazy(() => z.array(health.Reject)),
    paged: true,
  },
  "GET /api/health/hooks": {
    summary: "Duration of the installed hook, measured by the daemon",
    data: z.lazy(() => health.HookHealth),
  },
  "GET /api/health/settings": {
    summary: "Settings with their values and where each value comes from",
    data: z.lazy(() => health.EffectiveSettings),
  },
} as const;
