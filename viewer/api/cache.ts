import type { Cache, CacheGroup, CacheMiss, CacheSums } from "../../schema/api-cache.ts";
import type { RouteRequest } from "../../schema/api-types.ts";
import { WEEK_MS } from "../../schema/durations.ts";
import { headline } from "../../schema/headline.ts";
import { projectOf } from "../../schema/projects.ts";
import { tokensUnder } from "../../schema/usage.ts";
import { bundledBook } from "../../store/price-book.ts";
import { type CacheStep, cacheQueries } from "../../store/queries/cache.ts";
import { cut } from "../../store/queries/zone.ts";
import { createSlices } from "../../store/slices.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { times } from "./answer.ts";

/** As many times what is shown before they are cut to it. */
const MOST_HELD = 20;
type Group = { key: string; session_pk: number; sums: Counted };
type Missed = Omit<CacheMiss, "request_key">;
type Queries = ReturnType<typeof cacheQueries>;
type Counted = Omit<CacheSums, "hit_percent" | "net_nano_usd" | "reasons"> & {
  reasons: Map<string, CacheSums["reasons"][number]>;
};

export function cacheHandlers(deps: ViewerDeps) {
  const queries = cacheQueries(deps.reader, deps.book ?? bundledBook());
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

function keyOf(by: CacheGroup, from: number, until: number, zone: string): (step: CacheStep) => string {
  if (by === "session") return ({ of }) => of.session_key;
  if (by === "project") return ({ of }) => projectOf(of.project_path ?? "");
  const days = cut("day", { from_unix_ms: from, until_unix_ms: until }, zone);
  let day = days[0];
  return ({ row: { time_unix_ms: at } }) => {
    // The next request is nearly always of the same day.
    if (!day || at < day.bucket_unix_ms || at >= day.until_unix_ms)
      day = days.findLast((d) => d.bucket_unix_ms <= at)!;
    return day.bucket;
  };
}

async function gather(
  queries: Queries,
  keyOf: (step: CacheStep) => string,
  { by, limit, ...scope }: RouteRequest<"GET /api/cache">["query"],
  from: number,
  until: number,
): Promise<Omit<Cache, "by" | "from_unix_ms" | "until_unix_ms" | "live">> {
  const total = nothing();
  const groups = new Map<string, Group>();
  let misses: Missed[] = [];
  const slice = createSlices();
  for (const session of queries.sessions(scope, from, until)) {
    for (const step of queries.stepsOf(session, from, until)) {
      const key = keyOf(step);
      const group = groups.get(key) ?? { key, session_pk: session.session_pk, sums: nothing() };
      if (group.sums.requests === 0) groups.set(key, group);
      add(group.sums, step);
      if (step.miss) misses.push(toMiss(step, step.miss));
    }
    // Of a long range there are more misses than anyone is shown.
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
  // Of days the last ones are meant.
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

function nothing(): Counted {
  return {
    requests: 0,
    unpriced_requests: 0,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    uncached_input_tokens: 0,
    saved_nano_usd: 0,
    write_nano_usd: 0,
    lost_nano_usd: 0,
    misses: 0,
    missed_tokens: 0,
    reasons: new Map(),
  };
}

function add(into: Counted, { row, economy, miss }: CacheStep): void {
  into.requests++;
  into.unpriced_requests += Number(economy.saved_nano_usd === null || economy.write_nano_usd === null);
  into.cache_read_input_tokens += row.cache_read_input_tokens;
  into.cache_creation_input_tokens += tokensUnder("Cache write", row);
  into.uncached_input_tokens += row.uncached_input_tokens;
  into.saved_nano_usd += economy.saved_nano_usd ?? 0;
  into.write_nano_usd += economy.write_nano_usd ?? 0;
  if (!miss) return;
  into.misses++;
  into.missed_tokens += miss.missed_tokens;
  into.lost_nano_usd += miss.lost_nano_usd ?? 0;
  const { missed_tokens, lost_nano_usd } = miss;
  addReason(into, miss.reason, { misses: 1, missed_tokens, lost_nano_usd: lost_nano_usd ?? 0 });
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

const toMiss = ({ row, of }: CacheStep, miss: NonNullable<CacheStep["miss"]>): Missed => ({
  seq: row.seq,
  session_key: of.session_key,
  agent_id: row.agent_id,
  time_unix_ms: row.time_unix_ms,
  model: row.model,
  ...miss,
});
