/** What money is wasted on. Each kind is one rule over stored requests; decisions.md has the formulas. */
export const WASTE_KINDS = {
  repeated_failures: {
    label: "Repeated failing calls",
    what: "one call failed three times or more within a turn, with nothing changed between",
    advice: "Stop the loop at the second failure: read the error, change something, then try again.",
  },
  retries: {
    label: "Retries",
    what: "a request was sent again with the same input: its first answer was thrown away",
    advice:
      "Find out why the answer was thrown away: an API error, a lost connection, too small a limit on output.",
  },
  large_results: {
    label: "Large tool results read again",
    what: "ten later requests read a result of 10,000 tokens again, or a call brought it once more",
    advice: "Cut the output of this call, or have a sub-agent read it and report what matters.",
  },
  near_limit: {
    label: "Context near its limit",
    what: "requests above 80 % of the context, where a compaction would have left half",
    advice: "Compact the context earlier, or begin a new session for the next task.",
  },
  unread_writes: {
    label: "1 h cache writes never read",
    what: "a cache entry was written for an hour, and nothing read it in that time",
    advice: "Use the cache of five minutes here, or go on within the hour.",
  },
  agent_model: {
    label: "Expensive model for sub-agents",
    what: "a sub-agent's requests, less the same tokens on a cheaper model of the family",
    advice: "Name a cheaper model for this kind of sub-agent.",
  },
} as const satisfies Record<string, { label: string; what: string; advice: string }>;

export type WasteKind = keyof typeof WASTE_KINDS;
/** In the order in which money that fits several is counted: it belongs to the first. */
export const WASTE_KIND_NAMES = Object.keys(WASTE_KINDS) as [WasteKind, ...WasteKind[]];
