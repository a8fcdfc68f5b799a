import { isAggregated, type Occurrence, toClaim, type WasteRequest, type WasteThread } from "./occurrence.ts";

/** Shorter prompts may be equal by chance. */
const LEAST_TOKENS = 1024;
const LONGEST_MS = 10 * 60_000;

/**
 * A response becomes part of the next prompt. If a request is followed, within its turn and without a tool call in
 * between, by one with exactly the same input, its response was discarded.
 */
export function retries(thread: WasteThread): Occurrence[] {
  const { session_pk, agent_id, rows } = thread;
  const found: Occurrence[] = [];
  for (let i = 1; i < rows.length; i++) {
    const [row, next] = [rows[i - 1]!, rows[i]!];
    if (next.input_tokens !== row.input_tokens || !isRetry(row, next)) continue;
    if (hasCall(thread, row.time_unix_ms, next.time_unix_ms)) continue;
    found.push({
      kind: "retries",
      session_pk,
      agent_id,
      what: row.model,
      claims: [toClaim(row, "all", row.cost_nano_usd!)],
      less_nano_usd: 0,
      tokens: null,
      calls: [],
    });
  }
  return found;
}

/** The cheaper of two with the same input; what was free cannot be wasted. */
function isRetry(row: WasteRequest, next: WasteRequest): boolean {
  return (
    row.cost_nano_usd !== null &&
    row.cost_nano_usd !== 0 &&
    row.output_tokens > 0 &&
    row.input_tokens >= LEAST_TOKENS &&
    next.model === row.model &&
    next.prompt_id === row.prompt_id &&
    next.time_unix_ms - row.time_unix_ms <= LONGEST_MS &&
    !isAggregated(row) &&
    !isAggregated(next)
  );
}

const hasCall = (thread: WasteThread, from: number, until: number) =>
  thread.calls().some((c) => {
    const at = c.ended_unix_ms ?? c.started_unix_ms ?? 0;
    return at > from && at <= until;
  });
