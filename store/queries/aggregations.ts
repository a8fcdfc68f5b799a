import type { Database } from "bun:sqlite";
import type { AttributionGroup, Group } from "../../schema/api-params.ts";
import { addSums, noSums, SUM_NAMES, type Sums } from "../sums.ts";
import { attributionQueries } from "./attribution.ts";
import { planUsageQueries } from "./plan-usage.ts";
import { pullRequestQueries } from "./pull-requests.ts";
import { rollupQueries, type SessionFacts } from "./rollup.ts";
import type { Scope } from "./scope.ts";
import { toolQueries } from "./tools.ts";
import type { Bucket, Range } from "./zone.ts";

export type UsageRow = Sums & { bucket_unix_ms: number; grp: string | null };
export type CountRow = { bucket_unix_ms: number; grp: string | null; count: number };
export type UsageGroup = Exclude<Group, "tool" | "event_type" | "plan" | AttributionGroup> | null;
export type EventGroup = Exclude<Group, "tool" | "model" | "plan" | AttributionGroup> | null;
type Facts = Map<number, SessionFacts & { pr?: string }>;
type RollupRow = {
  range: number;
  session_pk: number | null;
  model?: string | null;
  event_type?: string | null;
};

const BY_SESSION: readonly (Group | null)[] = ["session", "project", "source", "account", "branch", "pr"];
const toRanges = (buckets: Bucket[]): Range[] =>
  buckets.map((b) => ({ from_unix_ms: b.bucket_unix_ms, until_unix_ms: b.until_unix_ms }));

function groupOf(row: RollupRow, group: Group | null, facts: Facts | undefined): string | null {
  if (group === "model") return row.model ?? "";
  if (group === "event_type") return row.event_type ?? "";
  const fact = facts?.get(row.session_pk ?? -1);
  if (group === "session") return fact?.session_key ?? "";
  if (group === "project") return fact?.project ?? "";
  if (group === "branch") return fact?.branch ?? "";
  if (group === "pr") return fact?.pr ?? "";
  if (group === "account") return fact?.account ?? "";
  return group === "source" ? (fact?.source ?? "") : null;
}

/** Rows of one bucket and one group become one, in the order of the buckets. */
function gather<R extends RollupRow, T>(
  rows: R[],
  key: (row: R) => string | null,
  start: (row: R, grp: string | null) => T,
  add: (into: T, row: R) => void,
): T[] {
  const cells = new Map<string, T>();
  for (const row of rows.sort((a, b) => a.range - b.range)) {
    const grp = key(row);
    const id = `${row.range} ${grp}`;
    let cell = cells.get(id);
    if (!cell) {
      cell = start(row, grp);
      cells.set(id, cell);
    }
    add(cell, row);
  }
  return [...cells.values()];
}

/** Sums over time in any zone; buckets come from `cut`. */
export function aggregationQueries(db: Database) {
  const rollup = rollupQueries(db);
  const titles = db.query<{ session_key: string; title: string }, []>(
    "select source || ':' || source_session_id as session_key, title from sessions where title is not null",
  );
  const planNames = db.query<{ plan_key: string; name: string }, []>("select plan_key, name from plans");
  const plans = planUsageQueries(db);
  const tools = toolQueries(db);
  const requests = pullRequestQueries(db);

  function factsFor(group: Group | null): Facts {
    const facts = rollup.sessionFacts();
    if (group !== "pr") return facts;
    const found = requests.pullRequests();
    return new Map([...facts].map(([pk, fact]) => [pk, { ...fact, pr: found.get(pk) ?? "" }]));
  }

  return {
    ...attributionQueries(db),
    firstRecord: rollup.firstRecord,

    /** Only with `all` are the token counts filled. */
    usageByBucket(
      buckets: Bucket[],
      group: UsageGroup,
      scope: Scope,
      columns: "all" | "money" = "all",
    ): UsageRow[] {
      const bySession = BY_SESSION.includes(group);
      const rows = rollup.usage(toRanges(buckets), rollup.sessionsIn(scope), {
        session: bySession,
        model: group === "model",
        columns,
      });
      const facts = bySession ? factsFor(group) : undefined;
      const start = (row: RollupRow, grp: string | null): UsageRow => ({
        bucket_unix_ms: buckets[row.range]!.bucket_unix_ms,
        grp,
        ...noSums(),
      });
      return gather(rows, (row) => groupOf(row, group, facts), start, addSums);
    },

    /** Everything that is an event of its own; a response is counted by its request. */
    eventsByBucket(buckets: Bucket[], group: EventGroup, scope: Scope): CountRow[] {
      const bySession = BY_SESSION.includes(group);
      const rows = rollup.events(toRanges(buckets), rollup.sessionsIn(scope), {
        session: bySession,
        event_type: group === "event_type",
      });
      const facts = bySession ? factsFor(group) : undefined;
      const start = (row: RollupRow, grp: string | null): CountRow => ({
        bucket_unix_ms: buckets[row.range]!.bucket_unix_ms,
        grp,
        count: 0,
      });
      return gather(
        rows,
        (row) => groupOf(row, group, facts),
        start,
        (into, row) => (into.count += row.count),
      );
    },

    toolCallsByBucket(buckets: Bucket[], scope: Scope): CountRow[] {
      const rows = tools.callsByTool(toRanges(buckets), scope, { failed: false });
      return rows.map((r) => ({
        bucket_unix_ms: buckets[r.range]!.bucket_unix_ms,
        grp: r.tool_name,
        count: r.calls,
      }));
    },

    /** By the key of a plan; what no plan has is a group without a name, so that all add up to everything. */
    usageByPlan(buckets: Bucket[], scope: Scope): UsageRow[] {
      const rows = this.usageByBucket(buckets, null, scope).map((row) => ({
        ...row,
        grp: "" as string | null,
      }));
      const rest = new Map(rows.map((row) => [row.bucket_unix_ms, row]));
      const [first, last] = [buckets[0], buckets.at(-1)];
      if (!first || !last) return rows;
      const sessions = rollup.sessionsIn(scope);
      const found = new Map<string, UsageRow>();
      for (const r of plans.byPlan(first.bucket_unix_ms, last.until_unix_ms)) {
        if (sessions && !sessions.has(r.session_pk)) continue;
        const { bucket_unix_ms } = buckets.findLast((b) => b.bucket_unix_ms <= r.time_unix_ms)!;
        const key = `${bucket_unix_ms} ${r.plan_key}`;
        const row = found.get(key) ?? { bucket_unix_ms, grp: r.plan_key, ...noSums() };
        found.set(key, row);
        addSums(row, r.sums);
        const other = rest.get(bucket_unix_ms);
        if (other) addSums(other, r.sums, -1);
      }
      const left = rows.filter((row) => SUM_NAMES.some((name) => row[name] !== 0));
      return [...found.values(), ...left].sort((a, b) => a.bucket_unix_ms - b.bucket_unix_ms);
    },

    planNames: () => new Map(planNames.all().map((r) => [r.plan_key, r.name])),
    titles: () => new Map(titles.all().map((r) => [r.session_key, r.title])),
  };
}
