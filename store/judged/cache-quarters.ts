import { tokensUnder } from "../../schema/usage.ts";
import type { Economy, Miss } from "../cache-economics.ts";
import type { CacheRow, CacheStep } from "../queries/cache.ts";
import { QUARTER_MS } from "../queries/zone.ts";

export type CacheCounts = {
  requests: number;
  unpriced_requests: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
  uncached_input_tokens: number;
  saved_nano_usd: number;
  write_nano_usd: number;
  lost_nano_usd: number;
  misses: number;
  missed_tokens: number;
};
export type Missed = Miss & Pick<CacheRow, "seq" | "agent_id" | "time_unix_ms" | "model">;
/** Cache use of one session's requests in a quarter of an hour, or in a part of one. */
export type CacheQuarter = { bucket_unix_ms: number; counts: CacheCounts; misses: Missed[] };

export const noCounts = (): CacheCounts => ({
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
});

/** Sums of the steps of one session. */
export function toQuartersOfCache(steps: Iterable<CacheStep>): CacheQuarter[] {
  const quarters = new Map<number, CacheQuarter>();
  let last: CacheQuarter | undefined;
  for (const { row, economy, miss } of steps) {
    const bucket_unix_ms = Math.floor(row.time_unix_ms / QUARTER_MS) * QUARTER_MS;
    if (last?.bucket_unix_ms !== bucket_unix_ms) {
      last = quarters.get(bucket_unix_ms) ?? { bucket_unix_ms, counts: noCounts(), misses: [] };
      quarters.set(bucket_unix_ms, last);
    }
    add(last.counts, row, economy);
    if (miss) addMiss(last, row, miss);
  }
  return [...quarters.values()].sort((a, b) => a.bucket_unix_ms - b.bucket_unix_ms);
}

function add(into: CacheCounts, row: CacheRow, economy: Economy): void {
  into.requests++;
  into.unpriced_requests += Number(economy.saved_nano_usd === null || economy.write_nano_usd === null);
  into.cache_read_input_tokens += row.cache_read_input_tokens;
  into.cache_creation_input_tokens += tokensUnder("Cache write", row);
  into.uncached_input_tokens += row.uncached_input_tokens;
  into.saved_nano_usd += economy.saved_nano_usd ?? 0;
  into.write_nano_usd += economy.write_nano_usd ?? 0;
}

function addMiss({ counts, misses }: CacheQuarter, row: CacheRow, miss: Miss): void {
  counts.misses++;
  counts.missed_tokens += miss.missed_tokens;
  counts.lost_nano_usd += miss.lost_nano_usd ?? 0;
  const { seq, agent_id, time_unix_ms, model } = row;
  misses.push({ seq, agent_id, time_unix_ms, model, ...miss });
}
