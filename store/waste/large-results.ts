import { inputTokens } from "../../schema/usage.ts";
import type { PriceBook } from "../price-book.ts";
import {
  type Claim,
  isAggregated,
  type Occurrence,
  priced,
  readBetween,
  storedTariff,
  toClaim,
  type WasteCall,
  type WasteRequest,
  type WasteThread,
} from "./occurrence.ts";

const LEAST_TOKENS = 10_000;
const LEAST_READS = 10;

/** Results that came in between two requests, by their place in the prompt. */
type Held = { from: number; until: number; calls: WasteCall[]; claims: Claim[] };

/**
 * What a prompt grew by, beyond the answer before it, is what tools answered: measured by the model itself. Each later
 * request of the thread that still holds it pays for reading it from the cache.
 */
export function largeResults(thread: WasteThread, book: PriceBook): Occurrence[] {
  const found: Held[] = [];
  let held: Held[] = [];
  let last: WasteRequest | undefined;
  thread.rows.forEach((row, i) => {
    if (isAggregated(row)) {
      held = [];
      last = undefined;
      return;
    }
    const input = inputTokens(row);
    held = held.filter((h) => input >= h.until);
    for (const h of held) claim(h, row, book);
    const came = last && thread.rows.length - 1 - i >= LEAST_READS && cameIn(thread, last, row);
    if (came) {
      held.push(came);
      found.push(came);
    }
    last = row;
  });
  return found.filter((h) => h.claims.length >= LEAST_READS).map((h) => toOccurrence(thread, h));
}

function cameIn(thread: WasteThread, last: WasteRequest, row: WasteRequest): Held | undefined {
  if (last.prompt_id !== row.prompt_id) return undefined;
  const from = inputTokens(last) + last.output_tokens;
  const grown = inputTokens(row) - from;
  if (grown < LEAST_TOKENS) return undefined;
  const calls = thread.calls().filter((c) => {
    const { ended_unix_ms: ended } = c;
    return ended !== null && ended > last.time_unix_ms && ended <= row.time_unix_ms;
  });
  if (calls.length === 0) return undefined;
  // A token is a character at least: what tools did not answer came from elsewhere.
  const chars = calls.reduce((sum, c) => sum + (c.output_chars ?? Number.POSITIVE_INFINITY), 0);
  const tokens = Math.min(grown, chars);
  return tokens < LEAST_TOKENS ? undefined : { from, until: from + tokens, calls, claims: [] };
}

function claim(held: Held, row: WasteRequest, book: PriceBook): void {
  const read = readBetween(row, held.from, held.until);
  const tariff = read > 0 ? storedTariff(book, row) : null;
  const nano_usd = tariff && priced(tariff, read, "cache_read");
  if (nano_usd) held.claims.push(toClaim(row, "read", nano_usd));
}

function toOccurrence(
  { session_pk, agent_id }: WasteThread,
  { from, until, calls, claims }: Held,
): Occurrence {
  const largest = calls.reduce((a, b) => ((b.output_chars ?? 0) > (a.output_chars ?? 0) ? b : a));
  const what = [largest.tool_name, largest.summary].filter(Boolean).join(": ");
  const tokens = until - from;
  return { kind: "large_results", session_pk, agent_id, what, claims, less_nano_usd: 0, tokens, calls };
}
