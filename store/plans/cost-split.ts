import type { SPLIT_RULES } from "../../schema/api-plans.ts";
import { addSums, noSums, type Sums } from "../sums.ts";

/** The fields of a request of a plan's session that the split needs. */
export type SplitRequest = { time_unix_ms: number; session_pk: number; agent_id: string; sums: Sums };

/** When a feature was worked on: [started, ended), open while `ended` is null. */
export type SplitAttempt = { feature_id: string; started_unix_ms: number; ended_unix_ms: number | null };

type SplitRule = (typeof SPLIT_RULES)[number];

export type CostSplit = {
  /** Only features with a share. */
  features: Map<string, Sums>;
  /** Cost while no feature was in progress. */
  overhead: Sums;
  /** Number of requests by rule, so that a response can state the basis of the estimate. */
  rules: Record<SplitRule, number>;
};

/**
 * Assigns every request to its feature. An agent that was started for a feature works for it; else the request belongs
 * to the one in progress. Of several, each gets an equal whole number of nano-dollars and tokens, and the smallest id
 * the remainder; if none is, the request is overhead. So the features and the overhead always add up to the requests.
 */
export function splitRequests(
  requests: Iterable<SplitRequest>,
  attempts: readonly SplitAttempt[],
  featureOfAgent: (session_pk: number, agent_id: string) => string | undefined,
): CostSplit {
  const split: CostSplit = {
    features: new Map(),
    overhead: noSums(),
    rules: { agent: 0, only_one_in_progress: 0, equal_parts: 0, overhead: 0 },
  };
  for (const r of requests) {
    const named = r.agent_id === "" ? undefined : featureOfAgent(r.session_pk, r.agent_id);
    const ids = named === undefined ? inProgress(attempts, r.time_unix_ms) : [named];
    if (named !== undefined) split.rules.agent++;
    else if (ids.length === 0) split.rules.overhead++;
    else if (ids.length === 1) split.rules.only_one_in_progress++;
    else split.rules.equal_parts++;
    if (ids.length === 0) addSums(split.overhead, r.sums);
    else
      for (const [i, part] of equalParts(r.sums, ids.length).entries()) addTo(split.features, ids[i]!, part);
  }
  return split;
}

function inProgress(attempts: readonly SplitAttempt[], at: number): string[] {
  const ids = attempts
    .filter((a) => a.started_unix_ms <= at && (a.ended_unix_ms === null || at < a.ended_unix_ms))
    .map((a) => a.feature_id);
  return [...new Set(ids)].sort();
}

function addTo(features: Map<string, Sums>, id: string, part: Sums): void {
  const known = features.get(id) ?? noSums();
  features.set(id, known);
  addSums(known, part);
}

/** Whole numbers that add up to the sums; the first part has the remainders. */
function equalParts(sums: Sums, count: number): Sums[] {
  if (count === 1) return [sums];
  const names = Object.keys(sums) as (keyof Sums)[];
  return Array.from({ length: count }, (_, i) => {
    const part = { ...sums };
    for (const name of names) {
      const whole = Math.floor(sums[name] / count);
      part[name] = i === 0 ? sums[name] - whole * (count - 1) : whole;
    }
    return part;
  });
}
