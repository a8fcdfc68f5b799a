import { isAggregated, type Occurrence, toClaim, type WasteThread } from "./occurrence.ts";

/** Shorter prompts may be equal by chance. */
const LEAST_TOKENS = 1024;
const LONGEST_MS = 10 * 60_000;

/**
 * An answer becomes a part of the next prompt. A request that is followed, within its turn and without a call of a tool
 * between, by one with exactly its input was thrown away.
 */
export function retries(thread: WasteThread): Occurrence[] {
  const { session_pk, agent_id, rows } = thread;
  return rows.flatMap((row, i): Occurrence[] => {
    const next = rows[i + 1];
    if (!next || row.cost_nano_usd === null || row.cost_nano_usd === 0) return [];
    const isSame =
      row.output_tokens > 0 &&
      next.model === row.model &&
      next.prompt_id === row.prompt_id &&
      next.time_unix_ms - row.time_unix_ms <= LONGEST_MS &&
      row.input_tokens >= LEAST_TOKENS &&
      next.input_tokens === row.input_tokens &&
      !isAggregated(row) &&
      !isAggregated(next);
    if (!isSame || hasCall(thread, row.time_unix_ms, next.time_unix_ms)) return [];
    const claims = [toClaim(row, "all", row.cost_nano_usd)];
    return [
      {
        kind: "retries",
        session_pk,
        agent_id,
        what: row.model,
        claims,
        less_nano_usd: 0,
        tokens: null,
        calls: [],
      },
    ];
  });
}

const hasCall = (thread: WasteThread, from: number, until: number) =>
  thread.calls().some((c) => {
    const at = c.ended_unix_ms ?? c.started_unix_ms ?? 0;
    return at > from && at <= until;
  });
