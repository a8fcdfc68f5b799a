import type { Cache, CacheMiss, CacheSums } from "../../schema/api-cache.ts";
import type { RouteRequest } from "../../schema/api-types.ts";
import { WEEK_MS } from "../../schema/durations.ts";
import type { CacheGroup } from "../../schema/groups.ts";
import { headline } from "../../schema/headline.ts";
import { projectOf } from "../../schema/projects.ts";
import {
  type CacheQuarter,
  noCounts,
  type Missed as SessionMiss,
} from "../../store/judged/cache-quarters.ts";
import type { Judged } from "../../store/judged/judged.ts";
import type { CacheSession } from "../../store/queries/cache.ts";
import { cut } from "../../store/queries/zone.ts";
import { createSlices } from "../../store/slices.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { judgedOf, times } from "./answer.ts";

/** Factor over the shown number at which the list is truncated. */
const MOST_HELD = 20;
type Group = { key: string; session_pk: number; sums: Counted };
type Missed = SessionMiss & Pick<CacheMiss, "session_key">;
type Queries = Judged["cache"];
type Counted = Omit<CacheSums, "hit_percent" | "net_nano_usd" | "reasons"> & {
  reasons: Map<string, CacheSums["reasons"][number]>;
};

export function cacheHandlers(deps: ViewerDeps) {
  const { cache: queries } = judgedOf(deps);
  return {
    "GET /api/cache": async ({ query }) => {
      const now = deps.now?.() ?? Date.now();
      const { zone, ...scope } = times(deps, query);
      const until_unix_ms = scope.until_unix_ms ?? now + 1;
      const from_unix_ms = scope.from_unix_ms ?? until_unix_ms - WEEK_MS;
      const groups = keyOf(query.by, from_unix_ms, until_unix_ms, zone);
      const data = {
        by: query.by,
        from_unix_ms,
        until_unix_ms,
        ...(await gather(queries, groups, query, from_unix_ms, until_unix_ms)),
        live: queries.live(query, now).map(({ row, title, held, expires_unix_ms, stake_nano_usd }) => ({
          session_key: row.session_key,
          title: headline(title),
          model: row.model,
          held_tokens: held.tokens,
          ttl_ms: held.ttl_ms,
          expires_unix_ms,
          stake_nano_usd,
          left_seconds: (expires_unix_ms - now) / 1000,
        })),
      };
      return { data, time_zone: zone };
    },
  } satisfies Partial<Handlers>;
}

type KeyOf = (of: CacheSession, bucket_unix_ms: number) => string;
function keyOf(by: CacheGroup, from: number, until: number, zone: string): KeyOf {
  if (by === "session") return (of) => of.session_key;
  if (by === "project") return (of) => projectOf(of.project_path ?? "");
  const days = cut("day", { from_unix_ms: from, until_unix_ms: until }, zone);
  let day = days[0];
  return (_, bucket_unix_ms) => {
    // A partly covered quarter began before the range.
    const at = Math.max(from, bucket_unix_ms);
    // The next quarter is nearly always of the same day.
    if (!day || at < day.bucket_unix_ms || at >= day.until_unix_ms)
      day = days.findLast((d) => d.bucket_unix_ms <= at)!;
    return day.bucket;
  };
}

async function gather(
  queries: Queries,
  keyOf: KeyOf,
  { by, limit, ...scope }: RouteRequest<"GET /api/cache">["query"],
  from: number,
  until: number,
): Promise<Omit<Cache, "by" | "from_unix_ms" | "until_unix_ms" | "live">> {
  const total = nothing();
  const groups = new Map<string, Group>();
  let misses: Missed[] = [];
  const slice = createSlices();
  for (const session of queries.sessions(scope, from, until)) {
    for (const quarter of queries.quartersOf(session, from, until)) {
      const key = keyOf(session, quarter.bucket_unix_ms);
      const group = groups.get(key) ?? { key, session_pk: session.session_pk, sums: nothing() };
      if (group.sums.requests === 0) groups.set(key, group);
      add(group.sums, quarter);
      for (const miss of quarter.misses) misses.push({ session_key: session.session_key, ...miss });
    }
    // A long range has more misses than are shown.
    if (misses.length > MOST_HELD * limit) misses = misses.sort(dearestFirst).slice(0, limit);
    await slice();
  }
  for (const { sums } of groups.values()) addSums(total, sums);
  const inOrder = [...groups.values()].sort((a, b) =>
    by === "day"
      ? compare(a.key, b.key)
      : b.sums.lost_nano_usd - a.sums.lost_nano_usd ||
        b.sums.saved_nano_usd - a.sums.saved_nano_usd ||
        compare(a.key, b.key),
  );
  // For days, the last ones are shown.
  const kept = by === "day" ? inOrder.slice(-limit) : inOrder.slice(0, limit);
  const rest = by === "day" ? inOrder.slice(0, -limit) : inOrder.slice(limit);
  const others = nothing();
  for (const { sums } of rest) addSums(others, sums);
  const { reasons: _, ...shownOthers } = toSums(others);
  const titles = by === "session" ? queries.titlesOf(kept.map((group) => group.session_pk)) : undefined;
  return {
    total: toSums(total),
    groups: kept.map(({ key, session_pk, sums }) => ({
      key,
      label: headline(titles?.get(session_pk)),
      ...toSums(sums),
    })),
    others: { groups: rest.length, ...shownOthers },
    misses: dearest(queries, misses, limit),
  };
}

const dearestFirst = (a: Missed, b: Missed) =>
  (b.lost_nano_usd ?? 0) - (a.lost_nano_usd ?? 0) || b.missed_tokens - a.missed_tokens || a.seq - b.seq;

function dearest(queries: Queries, misses: Missed[], limit: number): CacheMiss[] {
  const kept = misses.sort(dearestFirst).slice(0, limit);
  const keys = queries.keysOf(kept.map((miss) => miss.seq));
  return kept.map(({ seq, ...miss }) => ({ seq, request_key: keys.get(seq)!, ...miss }));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const nothing = (): Counted => ({ ...noCounts(), reasons: new Map() });

function add(into: Counted, { counts, misses }: CacheQuarter): void {
  addSums(into, { ...counts, reasons: new Map() });
  for (const { reason, missed_tokens, lost_nano_usd } of misses)
    addReason(into, reason, { misses: 1, missed_tokens, lost_nano_usd: lost_nano_usd ?? 0 });
}

function addSums(into: Counted, { reasons, ...sums }: Counted): void {
  for (const name of Object.keys(sums) as (keyof typeof sums)[]) into[name] += sums[name];
  for (const { reason, ...lost } of reasons.values()) addReason(into, reason, lost);
}

type Reason = CacheSums["reasons"][number];
function addReason({ reasons }: Counted, name: string, more: Omit<Reason, "reason">): void {
  const reason = reasons.get(name) ?? { reason: name, misses: 0, missed_tokens: 0, lost_nano_usd: 0 };
  reasons.set(name, reason);
  reason.misses += more.misses;
  reason.missed_tokens += more.missed_tokens;
  reason.lost_nano_usd += more.lost_nano_usd;
}

function toSums({ reasons, ...sums }: Counted): CacheSums {
  const input = sums.cache_read_input_tokens + sums.cache_creation_input_tokens + sums.uncached_input_tokens;
  return {
    ...sums,
    hit_percent: input === 0 ? null : (100 * sums.cache_read_input_tokens) / input,
    net_nano_usd: sums.saved_nano_usd - sums.write_nano_usd,
    reasons: [...reasons.values()].sort(
      (a, b) => b.lost_nano_usd - a.lost_nano_usd || compare(a.reason, b.reason),
    ),
  };
}
