import type { Archived, Table } from "./table.ts";
import { CLIENT_TOTALS, TELEMETRY_CALLS, TELEMETRY_POINTS, TOOL_DECISIONS } from "./tables/capture.ts";
import {
  CREDIT_READINGS,
  CREDIT_RUNS,
  EVENT_ROLLUP,
  EVENT_TOTALS,
  EVENTS,
  RATE_LIMIT_SAMPLES,
} from "./tables/events.ts";
import { ARCHIVE_PENDING, FILES, IGNORED_LINES, META, REJECTS, TEXT_CURSORS } from "./tables/files.ts";
import { PLAN_ATTEMPTS, PLAN_FEATURES, PLANS } from "./tables/plans.ts";
import {
  REQUEST_COPIES,
  REQUESTS,
  SESSION_BRANCHES,
  TURN_ROLLUP,
  USAGE_ROLLUP,
  USAGE_TOTALS,
} from "./tables/requests.ts";
import { AGENTS, SESSIONS, TOOL_CALLS, TURNS } from "./tables/sessions.ts";
import { TEXT_CHUNKS, TEXTS } from "./tables/texts.ts";

/** Every table, in the order in which the digest and the archive take them. */
export const TABLES = [
  SESSIONS,
  REQUESTS,
  REQUEST_COPIES,
  TOOL_CALLS,
  AGENTS,
  TURNS,
  PLANS,
  PLAN_FEATURES,
  PLAN_ATTEMPTS,
  EVENTS,
  TEXTS,
  RATE_LIMIT_SAMPLES,
  CLIENT_TOTALS,
  TELEMETRY_CALLS,
  TOOL_DECISIONS,
  REJECTS,
  META,
  FILES,
  IGNORED_LINES,
  ARCHIVE_PENDING,
  USAGE_ROLLUP,
  USAGE_TOTALS,
  EVENT_ROLLUP,
  EVENT_TOTALS,
  CREDIT_READINGS,
  CREDIT_RUNS,
  TELEMETRY_POINTS,
  TEXT_CHUNKS,
  TEXT_CURSORS,
  SESSION_BRANCHES,
  TURN_ROLLUP,
] as const satisfies readonly Table[];

type AnyTable = (typeof TABLES)[number];
/** A table with lines in the archive. */
export type ArchivedTable = Extract<AnyTable, { archive: Archived }>;

export const ARCHIVED = TABLES.filter((t: Table) => t.archive !== undefined) as ArchivedTable[];
