import * as z from "zod";
import type { Tool, ToolCall } from "../../schema/api-tools.ts";
import { DAY_MS, WEEK_MS } from "../../schema/durations.ts";
import { headline } from "../../schema/headline.ts";
import { projectName } from "../../schema/projects.ts";
import { callsByNameQueries } from "../../store/queries/tool-calls-by-name.ts";
import { serverOf, toolGroupQueries } from "../../store/queries/tool-groups.ts";
import { type CallRow, toolTimeQueries } from "../../store/queries/tool-times.ts";
import { toolQueries } from "../../store/queries/tools.ts";
import { cutWithin, type Range, toQuarters } from "../../store/queries/zone.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { fromCursor, type Times, times, toCursor } from "./answer.ts";

/** More could not be distinguished in a small chart. */
const HOURLY_MS = 2 * DAY_MS;
const DAILY_MS = 92 * DAY_MS;
const Before = z.tuple([z.literal("call"), z.int(), z.int().positive()]);

export function toolHandlers(deps: ViewerDeps) {
  const groups = toolGroupQueries(deps.reader);
  const details = callsByNameQueries(deps.reader);
  const counts = toolQueries(deps.reader);
  const queries = toolTimeQueries(deps.reader);
  const rangeOf = (asked: Times) => toRange(deps, asked);
  return {
    "GET /api/tools": ({ query }) => {
      const { zone, ...range } = rangeOf(query);
      const { period, buckets } = bucketsOf(range, zone);
      const ranges = buckets.map((b) => ({ from_unix_ms: b.bucket_unix_ms, until_unix_ms: b.until_unix_ms }));
      const rows = counts.callsByTool(ranges, query, { failed: true });
      const byName = details.callsByName(range, query);
      const tools = [...Map.groupBy(rows, (row) => row.tool_name)].map(
        ([tool_name, of]): Tool => ({
          tool_name,
          mcp_server: serverOf(tool_name),
          calls: of.reduce((sum, row) => sum + row.calls, 0),
          failed: of.reduce((sum, row) => sum + row.failed, 0),
          ...byName.get(tool_name)!,
          series: seriesOf(of, buckets.length),
        }),
      );
      tools.sort((a, b) => b.calls - a.calls || (a.tool_name < b.tool_name ? -1 : 1));
      const names = buckets.map(({ bucket, bucket_unix_ms }) => ({ bucket, bucket_unix_ms }));
      return { data: { period, ...range, buckets: names, tools }, time_zone: zone };
    },
    "GET /api/tools/groups": ({ query: { by, ...query } }) => {
      const { zone, ...range } = rangeOf(query);
      return { data: { groups: groups.callsByGroup(by, range, query) }, time_zone: zone };
    },
    "GET /api/tools/results": ({ query }) => {
      const { zone, ...range } = rangeOf(query);
      return { data: { tools: queries.resultsByTool(range, query) }, time_zone: zone };
    },
    "GET /api/tool-calls": ({ query: { limit, cursor, ...filter } }) => {
      const { zone, ...range } = rangeOf(filter);
      const at = fromCursor(cursor, Before);
      const before = at && { started_unix_ms: at[1], tool_pk: at[2] };
      const rows = queries.calls(filter, range, before, limit + 1);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const next_cursor = last ? toCursor(["call", last.started_unix_ms, last.tool_pk]) : null;
      return { data: rows.slice(0, limit).map(toCall), time_zone: zone, next_cursor };
    },
  } satisfies Partial<Handlers>;
}

/** Without a start: the last week. */
function toRange(deps: ViewerDeps, asked: Times): Range & { zone: string } {
  const { zone, from_unix_ms, until_unix_ms } = times(deps, asked);
  const now = deps.now?.() ?? Date.now();
  const until = until_unix_ms ?? Math.max(now, from_unix_ms ?? 0);
  const from = from_unix_ms ?? until - WEEK_MS;
  return { zone, ...toQuarters({ from_unix_ms: from, until_unix_ms: Math.max(until, from) }) };
}

function bucketsOf(range: Range, zone: string) {
  const span = range.until_unix_ms - range.from_unix_ms;
  const period = span <= HOURLY_MS ? "hour" : span <= DAILY_MS ? "day" : "week";
  return { period, buckets: cutWithin(period, range, zone) } as const;
}

/** Calls and failed ones of each bucket. */
function seriesOf(rows: readonly { range: number; calls: number; failed: number }[], buckets: number) {
  const series = Array.from({ length: buckets }, (): [number, number] => [0, 0]);
  for (const { range, calls, failed } of rows) series[range] = [calls, failed];
  return series;
}

function toCall({ tool_pk: _, project_path, title, duration_ms, ...row }: CallRow): ToolCall {
  return {
    ...row,
    title: headline(title),
    project: project_path === null ? null : projectName(project_path),
    duration_ms: duration_ms === null ? null : Math.max(0, Math.round(duration_ms)),
  };
}
