import type { Database } from "bun:sqlite";
import type { Group } from "../../schema/api-params.ts";
import { inScope, type Scope } from "./scope.ts";
import { SUMS, type Sums } from "./totals.ts";
import type { Bucket } from "./zone.ts";

export type UsageRow = Sums & { bucket_unix_ms: number; grp: string | null };
export type CountRow = { bucket_unix_ms: number; grp: string | null; count: number };

/** What a row of `usage_rollup u` (or `event_rollup u`) is grouped by. */
const USAGE_GROUPS: Record<Exclude<Group, "tool" | "event_type">, string> = {
  model: "u.model",
  session: "s.source || ':' || s.source_session_id",
  project: "coalesce(s.project_path, '')",
  source: "s.source",
};
const EVENT_GROUPS: Record<Exclude<Group, "tool" | "model">, string> = {
  event_type: "u.event_type",
  session: USAGE_GROUPS.session,
  project: USAGE_GROUPS.project,
  source: USAGE_GROUPS.source,
};

const CUTS = "with cuts as materialized (select value ->> 0 as a, value ->> 1 as b from json_each($cuts))";
const pairs = (buckets: Bucket[]) => JSON.stringify(buckets.map((b) => [b.bucket_unix_ms, b.until_unix_ms]));
const withSession = (group: string | undefined) =>
  group?.includes("s.") ? "join sessions s on s.session_pk = u.session_pk" : "";

/** Sums over time. The cross join makes one range scan of the rollup's key per bucket, whatever the zone. */
export function aggregationQueries(db: Database) {
  const first = db.query<{ t: number | null }, []>(`
    select min(t) as t from (select min(bucket_unix_ms) as t from usage_rollup
      union all select min(bucket_unix_ms) from event_rollup)`);

  function usageByBucket(
    buckets: Bucket[],
    group: keyof typeof USAGE_GROUPS | null,
    scope: Scope,
  ): UsageRow[] {
    const by = group === null ? undefined : USAGE_GROUPS[group];
    const { sql, params } = inScope(scope, "u.session_pk");
    return db
      .query<UsageRow, Record<string, string | number>>(
        `${CUTS} select c.a as bucket_unix_ms, ${by ?? "null"} as grp, ${SUMS}
        from cuts c cross join usage_rollup u ${withSession(by)}
        where u.bucket_unix_ms >= c.a and u.bucket_unix_ms < c.b and ${sql}
        group by 1, 2 order by 1, 2`,
      )
      .all({ cuts: pairs(buckets), ...params });
  }

  /** Without `api_response`: those are counted as requests, once. */
  function eventsByBucket(
    buckets: Bucket[],
    group: keyof typeof EVENT_GROUPS | null,
    scope: Scope,
  ): CountRow[] {
    const by = group === null ? undefined : EVENT_GROUPS[group];
    const { sql, params } = inScope(scope, "u.session_pk");
    return db
      .query<CountRow, Record<string, string | number>>(
        `${CUTS} select c.a as bucket_unix_ms, ${by ?? "null"} as grp, sum(u.events) as count
        from cuts c cross join event_rollup u ${withSession(by)}
        where u.bucket_unix_ms >= c.a and u.bucket_unix_ms < c.b and u.event_type <> 'api_response' and ${sql}
        group by 1, 2 order by 1, 2`,
      )
      .all({ cuts: pairs(buckets), ...params });
  }

  function toolCallsByBucket(buckets: Bucket[], scope: Scope): CountRow[] {
    const { sql, params } = inScope(scope, "t.session_pk");
    return db
      .query<CountRow, Record<string, string | number>>(
        `${CUTS} select c.a as bucket_unix_ms, coalesce(t.tool_name, '') as grp, count(*) as count
        from cuts c cross join tool_calls t
        where t.started_unix_ms >= c.a and t.started_unix_ms < c.b and ${sql}
        group by 1, 2 order by 1, 2`,
      )
      .all({ cuts: pairs(buckets), ...params });
  }

  const titles = db.query<{ session_key: string; title: string }, [string]>(`
    select source || ':' || source_session_id as session_key, title from sessions
    where title is not null and source || ':' || source_session_id in (select value from json_each(?))`);

  return {
    /** Start of the first quarter hour that holds anything; null in an empty store. */
    firstRecord: () => first.get()?.t ?? null,
    usageByBucket,
    eventsByBucket,
    toolCallsByBucket,
    titlesOf: (keys: string[]) =>
      new Map(titles.all(JSON.stringify(keys)).map((r) => [r.session_key, r.title])),
  };
}
