import type { SPLIT_RULES } from "../../schema/api-plans.ts";
import { addSums, noSums, type Sums } from "../sums.ts";

/** A request of a plan's session as far as the split needs it. */
export type SplitRequest = { time_unix_ms: number; session_pk: number; agent_id: string; sums: Sums };

/** When a feature was worked on: [started, ended), open while `ended` is null. */
export type SplitAttempt = { feature_id: string; started_unix_ms: number; ended_unix_ms: number | null };

type SplitRule = (typeof SPLIT_RULES)[number];

export type CostSplit = {
  /** Only features that got something. */
  features: Map<string, Sums>;
  /** What was spent while no feature was worked on. */
  overhead: Sums;
  /** How many requests each rule decided, so that an answer can name the basis of the estimate. */
  rules: Record<SplitRule, number>;
};

/**
 * Every request to the feature it was made for. An agent that was started for a feature works for it; else it is the
 * one in progress; of several each gets the same whole number of nano-dollars and tokens, and the smallest id what is
 * left; without one it is overhead. So the features and the overhead always add up to the requests.
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
