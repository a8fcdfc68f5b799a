import type { CacheSession, CacheStep } from "../queries/cache.ts";
import { QUARTER_MS, quartersWithin } from "../queries/zone.ts";
import type { SessionChanges } from "../session-changes.ts";
import { type CacheQuarter, toQuartersOfCache } from "./cache-quarters.ts";
import { type Kept, keepBySession } from "./keep.ts";

type KeptQuarters = Kept & { quarters: CacheQuarter[] };
type StepsOf = (of: CacheSession, from: number, until: number) => Iterable<CacheStep>;
/** About 20 MB. */
const MOST_PARTS = 150_000;

/** The quarters of an hour of sessions; with `changes`, those of whole sessions are cached. */
export function cacheQuarters(stepsOf: StepsOf, changes: SessionChanges | undefined) {
  const kept = changes && keepBySession<KeptQuarters>(changes, MOST_PARTS);

  function wholeOf(session_pk: number): KeptQuarters {
    const of = { session_pk, session_key: "", project_path: null, has_before: 0 };
    const quarters = toQuartersOfCache(stepsOf(of, 0, Number.MAX_SAFE_INTEGER));
    const until_unix_ms = (quarters.at(-1)?.bucket_unix_ms ?? 0) + QUARTER_MS;
    const parts = quarters.reduce((sum, { misses }) => sum + 2 + misses.length, 1);
    return { quarters, until_unix_ms, parts };
  }

  return {
    /**
     * The effect of a request depends on the ones before it, never on the range, so whole quarters are taken from the
     * cache.
     */
    quartersOf(of: CacheSession, from: number, until: number): CacheQuarter[] {
      if (!kept) return toQuartersOfCache(stepsOf(of, from, until));
      const { quarters } = kept.get(of.session_pk, () => wholeOf(of.session_pk));
      const within = quartersWithin({ from_unix_ms: from, until_unix_ms: until });
      const [inner, outer] = [within.from_unix_ms, within.until_unix_ms];
      const edge = (a: number, b: number) => {
        const isTouched = quarters.some((q) => q.bucket_unix_ms < b && q.bucket_unix_ms + QUARTER_MS > a);
        return a < b && isTouched ? toQuartersOfCache(stepsOf({ ...of, has_before: 1 }, a, b)) : [];
      };
      const whole = quarters.filter((q) => q.bucket_unix_ms >= inner && q.bucket_unix_ms < outer);
      return [...edge(from, inner), ...whole, ...edge(outer, until)];
    },
    /** Computes what queries about this session need, unless it is cached. */
    keep: (session_pk: number): void => void kept?.get(session_pk, () => wholeOf(session_pk)),
  };
}
