import { contextOf, type PriceBook } from "../price-book.ts";
import {
  type Claim,
  isAggregated,
  type Occurrence,
  priced,
  storedTariff,
  toClaim,
  type WasteRequest,
  type WasteThread,
} from "./occurrence.ts";

const NEAR = 0.8;
const LEFT = 0.5;

/**
 * Runs of requests that read more than 80 % of the context window: each pays for what a compaction before the first of
 * them would have removed, minus the price of that compaction.
 */
export function nearLimit(thread: WasteThread, book: PriceBook): Occurrence[] {
  const found: Occurrence[] = [];
  let stretch: WasteRequest[] = [];
  const end = () => {
    const one = stretch.length > 1 ? toOccurrence(thread, stretch, book) : undefined;
    if (one) found.push(one);
    stretch = [];
  };
  const limits = new Map<string, number | null>();
  let model: string | undefined;
  let limit: number | null = null;
  for (const row of thread.rows) {
    if (row.model !== model) {
      model = row.model;
      limit = limits.get(model) ?? limitOf(thread, row, book);
      limits.set(model, limit);
    }
    const isNear = limit !== null && row.input_tokens > NEAR * limit && !isAggregated(row);
    if (!isNear || stretch[0]?.model !== row.model) end();
    if (isNear) stretch.push(row);
  }
  end();
  return found;
}

/** The model's context window, or the size at which the client compacts automatically, if that is less. */
function limitOf(thread: WasteThread, row: WasteRequest, book: PriceBook): number | null {
  const known = contextOf(book, row.model);
  const measured = thread.compaction()?.limit_tokens ?? null;
  if (known === null || measured === null) return known ?? measured;
  return Math.min(known, measured);
}

function toOccurrence(thread: WasteThread, rows: WasteRequest[], book: PriceBook): Occurrence | undefined {
  const first = rows[0]!;
  const half = Math.floor(LEFT * limitOf(thread, first, book)!);
  const left = Math.max(half, thread.compaction()?.left_tokens ?? 0);
  const price = compactionPrice(first, left, book);
  if (price === null) return undefined;
  const claims = rows.flatMap((row): Claim[] => {
    const tokens = Math.min(row.cache_read_input_tokens, Math.max(0, row.input_tokens - left));
    const tariff = tokens > 0 ? storedTariff(book, row) : null;
    const nano_usd = tariff && priced(tariff, tokens, "cache_read");
    return nano_usd ? [toClaim(row, "read", nano_usd)] : [];
  });
  if (claims.reduce((sum, c) => sum + c.nano_usd, 0) <= price) return undefined;
  const { session_pk, agent_id } = thread;
  const tokens = Math.max(...rows.map((row) => row.input_tokens)) - left;
  return {
    kind: "near_limit",
    session_pk,
    agent_id,
    what: first.model,
    claims,
    less_nano_usd: price,
    tokens,
    calls: [],
  };
}

/** It reads everything once and writes what remains, at most at this price: into the cache that the thread uses. */
function compactionPrice(row: WasteRequest, left: number, book: PriceBook): number | null {
  const tariff = storedTariff(book, row);
  if (tariff === null) return null;
  const write = row.cache_creation_1h_input_tokens > 0 ? "cache_creation_1h" : "cache_creation_5m";
  const read = priced(tariff, row.input_tokens, "cache_read");
  const written = priced(tariff, left, write) ?? priced(tariff, left, "input");
  return read === null || written === null ? null : read + written;
}
