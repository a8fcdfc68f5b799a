import type { QualityFlag } from "./usage.ts";

/** Effect of a flag on the figures of its request. */
export const FLAG_TEXTS: Record<QualityFlag, string> = {
  provisional: "its final usage is not known yet: the output is a lower bound",
  cache_ttl_unknown: "how long its cache write lives is not reported; counted as 5 minutes",
  cache_split_incomplete:
    "the lifetimes of its cache writes do not add up to their sum; the rest counts as 5 minutes",
  cache_split_exceeds_flat: "the lifetimes of its cache writes exceed their sum; the lifetimes count",
  cache_ttl_assumed_5m: "its client reports no lifetimes of cache writes; all count as 5 minutes",
  tier_unknown: "its service tier is not known; priced as standard",
  search_fee_inferred: "web searches of the client's own, counted by their results: no line shows their call",
  unbilled_fallback: "a part that the vendor does not bill, after a switch to another model",
  iteration_unknown: "a part of an unknown kind was left out",
  bad_number: "a reported figure is impossible and counts as 0",
  unpriced: "no price is known",
  price_unconfirmed: "its time or place is outside of those for which its price is confirmed",
  speed_unknown: "its speed or tier is not reported, or has no price of its own; priced as standard",
  aggregated_usage:
    "its usage covers several requests, such as around web searches; long-context prices are not applied",
  fork_parent_missing: "copied from a parent session; the file of the parent is missing",
  gap_before_first: "tokens before the first record of its session are in no sum",
  cached_exceeds_input: "more cached than input tokens were reported; cut to the input",
  cache_write_exceeds_input: "more cache writes than input tokens were reported; cut to the input",
  cache_write_not_reported: "its client does not report cache writes",
  time_inferred: "its own time is missing or impossible; the time of a nearby line or of the file is used",
  id_inferred: "the vendor's id is missing or not unique; identified by line, time and usage",
  otlp_only: "reported by telemetry, not yet found in a file of the agent",
  not_in_transcript: "in no transcript: a compaction, a title or another call of the client's own",
};
