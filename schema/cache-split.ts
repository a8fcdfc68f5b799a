import { isTokenCount } from "./gate.ts";
import { flagBit } from "./usage.ts";

const TTL_UNKNOWN = flagBit("cache_ttl_unknown");
const SPLIT_INCOMPLETE = flagBit("cache_split_incomplete");
const SPLIT_EXCEEDS_FLAT = flagBit("cache_split_exceeds_flat");
const ASSUMED_5M = flagBit("cache_ttl_assumed_5m");
const BAD_NUMBER = flagBit("bad_number");

/**
 * Cache writes by lifetime. Claude reports them twice: a flat sum, and an object with the two lifetimes that older and
 * proxied responses leave out, zero or half fill. The larger of the two is billed. Writes without a lifetime count as
 * five minutes, the default and the cheaper one; a flag marks this choice.
 */
export function splitCacheWrites(
  flat: unknown,
  m5: unknown,
  h1: unknown,
): { m5: number; h1: number; flags: number } {
  const isSplit = isGiven(m5) || isGiven(h1);
  const bad = [flat, m5, h1].some((value) => isGiven(value) && !isTokenCount(value));
  const total = isTokenCount(flat) ? flat : 0;
  const short = isTokenCount(m5) ? m5 : 0;
  const long = isTokenCount(h1) ? h1 : 0;
  const rest = total - short - long;
  let flags = bad ? BAD_NUMBER : 0;
  if (rest > 0) flags += !isSplit ? ASSUMED_5M : rest === total ? TTL_UNKNOWN : SPLIT_INCOMPLETE;
  if (rest < 0 && isTokenCount(flat)) flags += SPLIT_EXCEEDS_FLAT;
  return { m5: short + Math.max(rest, 0), h1: long, flags };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
