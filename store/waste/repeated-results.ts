import type { PriceBook } from "../price-book.ts";
import {
  isAggregated,
  type Occurrence,
  priced,
  storedTariff,
  toClaim,
  type WasteCall,
  type WasteRequest,
  type WasteThread,
} from "./occurrence.ts";
import { type Results, resultsBetween } from "./results.ts";

/** A shorter result is not counted; a prompt that contains one grew by at least this much. */
export const LEAST_REPEATED_TOKENS = 2_000;

/** A result that is still in the prompt from the same call: paid for again as new input. */
export function repeatedResults(thread: WasteThread, book: PriceBook): Occurrence[] {
  const found = new Map<string, Occurrence>();
  /** End of the prompt that contains a result. */
  const held = new Map<string, number>();
  let last: WasteRequest | undefined;
  for (const row of thread.rows) {
    if (isAggregated(row)) {
      held.clear();
      last = undefined;
      continue;
    }
    for (const [key, until] of held) if (row.input_tokens < until) held.delete(key);
    const came = last && resultsBetween(thread, last, row, LEAST_REPEATED_TOKENS);
    if (came && Number.isFinite(came.chars))
      for (const call of came.calls) note(thread, row, call, came, held, found, book);
    last = row;
  }
  return [...found.values()];
}

function note(
  { session_pk, agent_id }: WasteThread,
  row: WasteRequest,
  call: WasteCall,
  { from, until, chars }: Results,
  held: Map<string, number>,
  found: Map<string, Occurrence>,
  book: PriceBook,
): void {
  const { argument, output_hash, output_chars } = call;
  if (call.outcome !== "completed" || argument === null || output_hash === null) return;
  const tokens = Math.floor(((until - from) * output_chars!) / chars);
  if (tokens < LEAST_REPEATED_TOKENS) return;
  const key = JSON.stringify([call.tool_name, argument, output_hash, output_chars]);
  const isAgain = held.has(key);
  if (!isAgain) held.set(key, until);
  const nano_usd = isAgain ? paidFor(row, tokens, book) : null;
  if (!nano_usd) return;
  const what = [call.tool_name, call.summary].filter(Boolean).join(": ");
  const one: Occurrence = found.get(key) ?? {
    kind: "large_results",
    session_pk,
    agent_id,
    what,
    claims: [],
    less_nano_usd: 0,
    tokens: 0,
    calls: [],
  };
  one.claims.push(toClaim(row, "write", nano_usd));
  one.calls.push(call);
  one.tokens! += tokens;
  found.set(key, one);
}

/** As new input, at the lowest rate that this request paid for new input. */
function paidFor(row: WasteRequest, tokens: number, book: PriceBook): number | null {
  const tariff = storedTariff(book, row);
  if (tariff === null) return null;
  const plain = Math.min(tokens, row.uncached_input_tokens);
  const m5 = Math.min(tokens - plain, row.cache_creation_5m_input_tokens);
  const h1 = Math.min(tokens - plain - m5, row.cache_creation_1h_input_tokens);
  const parts = [
    priced(tariff, plain, "input"),
    priced(tariff, m5, "cache_creation_5m"),
    priced(tariff, h1, "cache_creation_1h"),
  ];
  return parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0);
}
