const LEDGER_DECISIONS = ["accepted", "duplicate", "replaced", "dropped"] as const;
export type LedgerDecision = (typeof LEDGER_DECISIONS)[number];
export type LedgerOrigin = "stream" | "otlp" | "app_server" | "transcript" | "rollout";

/** Identifies one fact, independent of its reporter. */
export type LedgerFact = {
  agent: string;
  session_id: string;
  turn_id: string;
  item_id: string;
  kind: string;
};
export type LedgerEntry = {
  time_unix_ms: number;
  key: string;
  decision: LedgerDecision;
  incoming: LedgerOrigin;
  /** The current origin. */
  chosen: LedgerOrigin;
  replaced?: LedgerOrigin;
};

const MOST_KEYS = 10_000;
const MOST_ENTRIES = 200;

/** Usage: the agent's own file before OTLP before the app-server. A delta: the stream first. An end: OTLP first. */
function rankOf(kind: string, origin: LedgerOrigin): number {
  if (kind.includes("usage"))
    return origin === "transcript" || origin === "rollout" ? 30 : origin === "otlp" ? 20 : 10;
  if (kind.includes("delta")) return origin === "stream" ? 30 : 10;
  if (kind.includes("completed")) return origin === "otlp" ? 30 : 20;
  return origin === "stream" ? 20 : 10;
}

function ledgerKey({ agent, session_id, turn_id, item_id, kind }: LedgerFact): string {
  const key = `v1|${agent.trim()}|${session_id.trim()}|${turn_id.trim()}|${item_id.trim()}|${kind.trim()}`;
  return key.toLowerCase();
}

/**
 * Decides which of several reports of one fact is used. Remembers only the newest keys: for a forgotten one, the unique
 * key of its table decides again.
 */
export function createLedger(now: () => number = Date.now, mostKeys = MOST_KEYS) {
  const chosen = new Map<string, LedgerOrigin>();
  const entries: LedgerEntry[] = [];
  const counters: Record<string, Record<LedgerDecision, number>> = {};

  function decide(fact: LedgerFact, incoming: LedgerOrigin): LedgerDecision {
    const key = ledgerKey(fact);
    const before = chosen.get(key);
    const decision = judge(fact.kind, before, incoming);
    const holds = decision === "accepted" || decision === "replaced" ? incoming : before!;
    // Setting a key again makes it the newest of the map; the first one is the oldest.
    chosen.delete(key);
    chosen.set(key, holds);
    if (chosen.size > mostKeys) chosen.delete(chosen.keys().next().value!);
    note(fact.agent, {
      time_unix_ms: now(),
      key,
      decision,
      incoming,
      chosen: holds,
      ...(decision === "replaced" && { replaced: before! }),
    });
    return decision;
  }

  function note(agent: string, entry: LedgerEntry): void {
    counters[agent] ??= { accepted: 0, duplicate: 0, replaced: 0, dropped: 0 };
    counters[agent][entry.decision]++;
    entries.push(entry);
    if (entries.length > MOST_ENTRIES) entries.shift();
  }

  return { decide, counters, keys: () => chosen.size, recent: (): LedgerEntry[] => entries.toReversed() };
}

function judge(kind: string, before: LedgerOrigin | undefined, incoming: LedgerOrigin): LedgerDecision {
  if (before === undefined) return "accepted";
  if (before === incoming) return "duplicate";
  return rankOf(kind, incoming) > rankOf(kind, before) ? "replaced" : "dropped";
}
