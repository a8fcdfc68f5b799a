import type { Cache, CacheGroup, CacheMiss, CacheSums } from "../../schema/api-cache.ts";
import type { RouteRequest } from "../../schema/api-types.ts";
import { projectOf } from "../../schema/projects.ts";
import { tokensUnder } from "../../schema/usage.ts";
import { bundledBook } from "../../store/price-book.ts";
import { type CacheRow, type CacheStep, cacheQueries } from "../../store/queries/cache.ts";
import { cut } from "../../store/queries/zone.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { times } from "./answer.ts";

const DEFAULT_SPAN_MS = 7 * 86_400_000;
type Group = { key: string; label: string | null; sums: Counted };
type Counted = Omit<CacheSums, "hit_percent" | "net_nano_usd" | "reasons"> & {
  reasons: Map<string, CacheSums["reasons"][number]>;
};

export function cacheHandlers(deps: ViewerDeps) {
  const queries = cacheQueries(deps.reader, deps.book ?? bundledBook());
  return {
    "GET /api/cache": ({ query }) => {
      const now = deps.now?.() ?? Date.now();
      const { zone, ...scope } = times(deps, query);
      const until_unix_ms = scope.until_unix_ms ?? now + 1;
      const from_unix_ms = scope.from_unix_ms ?? until_unix_ms - DEFAULT_SPAN_MS;
      const steps = queries.steps(query, from_unix_ms, until_unix_ms);
      const data = {
        by: query.by,
        from_unix_ms,
        until_unix_ms,
        ...gather(steps, keyOf(query.by, from_unix_ms, until_unix_ms, zone), query),
        live: queries.live(query, now).map(({ row, held, expires_unix_ms, stake_nano_usd }) => ({
          session_key: row.session_key,
          title: row.title,
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

function keyOf(by: CacheGroup, from: number, until: number, zone: string): (row: CacheRow) => string {
  if (by === "session") return (row) => row.session_key;
  if (by === "project") return (row) => projectOf(row.project_path ?? "");
  const days = cut("day", { from_unix_ms: from, until_unix_ms: until }, zone);
  return (row) => days.findLast((d) => d.bucket_unix_ms <= row.time_unix_ms)!.bucket;
}

function gather(
  steps: Iterable<CacheStep>,
  keyOf: (row: CacheRow) => string,
  { by, limit }: RouteRequest<"GET /api/cache">["query"],
): Omit<Cache, "by" | "from_unix_ms" | "until_unix_ms" | "live"> {
  const total = nothing();
  const groups = new Map<string, Group>();
  const misses: CacheMiss[] = [];
  for (const step of steps) {
    const key = keyOf(step.row);
    const group = groups.get(key) ?? {
      key,
      label: by === "session" ? step.row.title : null,
      sums: nothing(),
    };
    groups.set(key, group);
    add(group.sums, step);
    add(total, step);
    if (step.miss) misses.push(toMiss(step, step.miss));
  }
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
  return {
    total: toSums(total),
    groups: kept.map(({ key, label, sums }) => ({ key, label, ...toSums(sums) })),
    others: { groups: rest.length, ...shownOthers },
    misses: misses
      .sort(
        (a, b) =>
          (b.lost_nano_usd ?? 0) - (a.lost_nano_usd ?? 0) ||
          b.missed_tokens - a.missed_tokens ||
          a.seq - b.seq,
      )
      .slice(0, limit),
  };
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
  const reason = into.reasons.get(miss.reason) ?? {
    reason: miss.reason,
    misses: 0,
    missed_tokens: 0,
    lost_nano_usd: 0,
  };
  into.reasons.set(miss.reason, reason);
  reason.misses++;
  reason.missed_tokens += miss.missed_tokens;
  reason.lost_nano_usd += miss.lost_nano_usd ?? 0;
}

function addSums(into: Counted, { reasons: _, ...sums }: Counted): void {
  for (const name of Object.keys(sums) as (keyof typeof sums)[]) into[name] += sums[name];
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

const toMiss = ({ row }: CacheStep, miss: NonNullable<CacheStep["miss"]>): CacheMiss => ({
  seq: row.seq,
  request_key: row.request_key,
  session_key: row.session_key,
  agent_id: row.agent_id,
  time_unix_ms: row.time_unix_ms,
  model: row.model,
  ...miss,
});
