import type { PriceBook } from "../price-book.ts";
import {
  type Claim,
  isAggregated,
  type Occurrence,
  priced,
  readBetween,
  storedTariff,
  toClaim,
  type WasteRequest,
  type WasteThread,
} from "./occurrence.ts";
import { type Results, resultsBetween } from "./results.ts";

const LEAST_TOKENS = 10_000;
const LEAST_READS = 10;

type Held = Results & { claims: Claim[] };

/** Each later request of the thread that still contains a large result pays for reading it from the cache. */
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
    const input = row.input_tokens;
    if (held.length > 0) held = held.filter((h) => input >= h.until);
    for (const h of held) claim(h, row, book);
    const isEarly = thread.rows.length - 1 - i >= LEAST_READS;
    const came = last && isEarly ? resultsBetween(thread, last, row, LEAST_TOKENS) : undefined;
    if (came) held.push({ ...came, claims: [] });
    if (came) found.push(held.at(-1)!);
    last = row;
  });
  return found.filter((h) => h.claims.length >= LEAST_READS).map((h) => toOccurrence(thread, h));
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
