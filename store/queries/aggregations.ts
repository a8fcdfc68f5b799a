import type { Database } from "bun:sqlite";
import type { AttributionGroup, BranchGroup, Group } from "../../schema/groups.ts";
import { addSums, noSums, SUM_NAMES, SUM_OF_REQUEST, type Sums } from "../sums.ts";
import { attributionQueries } from "./attribution.ts";
import { type BranchNames, branchQueries } from "./branches.ts";
import { planUsageQueries } from "./plan-usage.ts";
import { rollupQueries, type SessionFacts } from "./rollup.ts";
import type { Scope } from "./scope.ts";
import { sessionNames } from "./session-names.ts";
import { toolQueries } from "./tools.ts";
import type { TurnTools } from "./turn-tools.ts";
import type { Bucket, Range } from "./zone.ts";

export type UsageRow = Sums & { bucket_unix_ms: number; grp: string | null };
export type CountRow = { bucket_unix_ms: number; grp: string | null; count: number };
type Apart = "tool" | "plan" | "prompt" | "kind" | AttributionGroup;
export type UsageGroup = Exclude<Group, "event_type" | Apart> | null;
export type EventGroup = Exclude<Group, "model" | Apart> | null;
type Facts = Map<number, SessionFacts>;
type BranchedRow = Sums & { session_pk: number; time_unix_ms: number; git_branch: string | null };
type RollupRow = {
  range: number;
  session_pk: number | null;
  model?: string | null;
  event_type?: string | null;
};

const BY_SESSION: readonly (Group | null)[] = ["session", "project", "source", "account", "branch", "pr"];
const isBranch = (group: Group | null): group is BranchGroup => group === "branch" || group === "pr";
const OF_REQUEST = SUM_NAMES.map((name) => `${SUM_OF_REQUEST[name]} as ${name}`).join(", ");
const toRanges = (buckets: Bucket[]): Range[] =>
  buckets.map((b) => ({ from_unix_ms: b.bucket_unix_ms, until_unix_ms: b.until_unix_ms }));

function groupOf(row: RollupRow, group: Group | null, facts: Facts | undefined): string | null {
  if (group === "model") return row.model ?? "";
  if (group === "event_type") return row.event_type ?? "";
  const fact = facts?.get(row.session_pk ?? -1);
  if (group === "session") return fact?.session_key ?? "";
  if (group === "project") return fact?.project ?? "";
  if (group === "account") return fact?.account ?? "";
  return group === "source" ? (fact?.source ?? "") : null;
}

/** Merges rows of the same bucket and group, in the order of the buckets. */
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

/** Sums of rollup rows by bucket and group. */
function usageRows<R extends RollupRow & Sums>(
  buckets: Bucket[],
  rows: R[],
  key: (row: R) => string | null,
): UsageRow[] {
  const start = ({ range }: R, grp: string | null): UsageRow => ({
    bucket_unix_ms: buckets[range]!.bucket_unix_ms,
    grp,
    ...noSums(),
  });
  return gather(rows, key, start, addSums);
}

/** Merges rows of the same bucket and group from any source. */
function joined(parts: readonly UsageRow[]): UsageRow[] {
  const rows = new Map<string, UsageRow>();
  for (const part of parts) {
    const key = `${part.bucket_unix_ms} ${part.grp}`;
    const row = rows.get(key);
    if (row) addSums(row, part);
    else rows.set(key, part);
  }
  return [...rows.values()].sort((a, b) => a.bucket_unix_ms - b.bucket_unix_ms);
}

/** Sums over time in any zone; buckets come from `cut`. */
export function aggregationQueries(db: Database, toolsOf?: TurnTools) {
  const rollup = rollupQueries(db);
  const branches = branchQueries(db);
  const usageByBranch = branchUsage(db, rollup, branches);
  const planNames = db.query<{ plan_key: string; name: string }, []>("select plan_key, name from plans");
  const tools = toolQueries(db);

  /** Token counts are filled only with `all`. */
  function usageByBucket(
    buckets: Bucket[],
    group: UsageGroup,
    scope: ModelScope,
    columns: "all" | "money" = "all",
  ): UsageRow[] {
    return isBranch(group)
      ? usageByBranch(buckets, group, scope)
      : bucketUsage(rollup, buckets, group, scope, columns);
  }

  return {
    ...attributionQueries(db, toolsOf),
    firstRecord: rollup.firstRecord,
    usageByBucket,
    /** All stored events; a response is counted by its request. */
    eventsByBucket: (buckets: Bucket[], group: EventGroup, scope: Scope): CountRow[] =>
      bucketEvents(rollup, branches, buckets, group, scope),
    toolCallsByBucket: (buckets: Bucket[], scope: Scope): CountRow[] =>
      tools.callsByTool(toRanges(buckets), scope, { failed: false }).map((r) => ({
        bucket_unix_ms: buckets[r.range]!.bucket_unix_ms,
        grp: r.tool_name,
        count: r.calls,
      })),
    usageByPlan: planUsage(db, rollup),
    planNames: () => new Map(planNames.all().map((r) => [r.plan_key, r.name])),
    sessionNames: sessionNames(db),
  };
}
type Rollup = ReturnType<typeof rollupQueries>;
type Branches = ReturnType<typeof branchQueries>;
type ModelScope = Scope & { model?: string | undefined };

function bucketUsage(
  rollup: Rollup,
  buckets: Bucket[],
  group: UsageGroup,
  { model, ...scope }: ModelScope,
  columns: "all" | "money",
): UsageRow[] {
  const bySession = BY_SESSION.includes(group);
  const all = rollup.usage(toRanges(buckets), rollup.sessionsIn(scope), {
    session: bySession,
    model: group === "model" || model !== undefined,
    columns,
  });
  const rows = model === undefined ? all : all.filter((row) => row.model === model);
  const facts = bySession ? rollup.sessionFacts() : undefined;
  return usageRows(buckets, rows, (row) => groupOf(row, group, facts));
}

/** The sums of a session if all of them are of one group; else each of its requests. */
function branchUsage(db: Database, rollup: Rollup, branches: Branches) {
  const single = db.query<BranchedRow, Record<string, string | number>>(`
    select r.session_pk, r.time_unix_ms, r.git_branch, ${OF_REQUEST} from requests r
    where r.session_pk in (select value from json_each($sessions)) and r.time_unix_ms >= $from and r.time_unix_ms < $until`);
  return (buckets: Bucket[], group: BranchGroup, scope: Scope): UsageRow[] => {
    const names = branches.namesBy(group);
    const wanted = rollup.sessionsIn(scope);
    const whole = rollup
      .usage(toRanges(buckets), wanted, { session: true })
      .filter((row) => !names.mixed.has(row.session_pk ?? -1));
    const sessions = JSON.stringify([...names.mixed].filter((pk) => wanted?.has(pk) ?? true));
    const span = { from: buckets[0]?.bucket_unix_ms ?? 0, until: buckets.at(-1)?.until_unix_ms ?? 0 };
    const each = single.all({ sessions, ...span }).map((row) => ({
      ...row,
      range: buckets.findLastIndex((b) => b.bucket_unix_ms <= row.time_unix_ms),
    }));
    return joined([
      ...usageRows(buckets, whole, (row) => names.of(row.session_pk ?? -1, null, 0)),
      ...usageRows(buckets, each, (row) => names.of(row.session_pk, row.git_branch, row.time_unix_ms)),
    ]);
  };
}

function bucketEvents(
  rollup: Rollup,
  branches: Branches,
  buckets: Bucket[],
  group: EventGroup,
  scope: Scope,
): CountRow[] {
  const bySession = BY_SESSION.includes(group);
  const rows = rollup.events(toRanges(buckets), rollup.sessionsIn(scope), {
    session: bySession,
    event_type: group === "event_type",
  });
  const facts = bySession ? rollup.sessionFacts() : undefined;
  const names = isBranch(group) ? branches.namesBy(group) : undefined;
  return gather(
    rows,
    (row) => eventGroup(row, names) ?? groupOf(row, group, facts),
    ({ range }, grp): CountRow => ({ bucket_unix_ms: buckets[range]!.bucket_unix_ms, grp, count: 0 }),
    (into, row) => (into.count += row.count),
  );
}

/** Events name no branch: they belong to the one on which their session began. */
function eventGroup(row: RollupRow, names: BranchNames | undefined): string | undefined {
  return names?.of(row.session_pk ?? -1, null, 0);
}

/** By plan key; requests without a plan are a group with an empty name, so that the groups add up to the total. */
function planUsage(db: Database, rollup: Rollup) {
  const plans = planUsageQueries(db);
  return (buckets: Bucket[], scope: Scope): UsageRow[] => {
    const [first, last] = [buckets[0], buckets.at(-1)];
    if (!first || !last) return [];
    const rows = bucketUsage(rollup, buckets, null, scope, "all").map((row) => ({ ...row, grp: "" }));
    const rest = new Map(rows.map((row) => [row.bucket_unix_ms, row]));
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
  };
}
