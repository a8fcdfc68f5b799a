/** Causes of wasted money. Each kind is one rule over stored requests; decisions.md has the formulas. */
export const WASTE_KINDS = {
  repeated_failures: {
    label: "Repeated failing calls",
    what: "the same call failed three or more times in a turn, with no change in between",
    advice: "Stop the loop at the second failure: read the error, change something, then try again.",
  },
  retries: {
    label: "Retries",
    what: "a request was sent again with the same input; its first response was discarded",
    advice:
      "Find out why the response was discarded: an API error, a lost connection, or an output limit that is too low.",
  },
  large_results: {
    label: "Large tool results read again",
    what: "a result of 10,000 tokens or more was re-read by ten later requests, or fetched again",
    advice: "Trim the output of this call, or have a sub-agent read it and report what matters.",
  },
  near_limit: {
    label: "Context near its limit",
    what: "requests above 80 % of the context window, where a compaction would have halved it",
    advice: "Compact earlier, or start a new session for the next task.",
  },
  unread_writes: {
    label: "1 h cache writes never read",
    what: "a one-hour cache entry was written and never read",
    advice: "Use the five-minute cache here, or continue within the hour.",
  },
  agent_model: {
    label: "Expensive model for sub-agents",
    what: "sub-agent requests, compared with the same tokens on a cheaper model of the family",
    advice: "Choose a cheaper model for this kind of sub-agent.",
  },
} as const satisfies Record<string, { label: string; what: string; advice: string }>;

export type WasteKind = keyof typeof WASTE_KINDS;
/** In order: money that fits several is counted under the first. */
export const WASTE_KIND_NAMES = Object.keys(WASTE_KINDS) as [WasteKind, ...WasteKind[]];
