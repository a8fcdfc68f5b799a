import { TTL_1H_MS } from "../cache-economics.ts";
import type { PriceBook } from "../price-book.ts";
import {
  type Occurrence,
  priced,
  readBetween,
  storedTariff,
  toClaim,
  type WasteRequest,
  type WasteThread,
} from "./occurrence.ts";

/** What was written for an hour and read by none of its thread within it. */
type Unread = { row: WasteRequest; read: number };

/**
 * Entries of 1 h that nothing read, over all threads: the premium over plain input is lost. What a thread reads beyond
 * what it holds itself, another one may have written, so such a read is taken off every entry that it could be of.
 */
export function createUnreadWrites(book: PriceBook, until: number) {
  const unread: Unread[] = [];
  const foreign = new Map<string, { at: number; tokens: number }[]>();

  return {
    add({ rows }: WasteThread): void {
      let held = 0;
      rows.forEach((row, i) => {
        if (row.cache_read_input_tokens > held) {
          const reads = foreign.get(row.model) ?? [];
          reads.push({ at: row.time_unix_ms, tokens: row.cache_read_input_tokens });
          foreign.set(row.model, reads);
        }
        held =
          row.cache_read_input_tokens +
          row.cache_creation_1h_input_tokens +
          row.cache_creation_5m_input_tokens;
        if (row.cache_creation_1h_input_tokens === 0 || row.time_unix_ms + TTL_1H_MS >= until) return;
        const read = readWithin(row, rows, i);
        if (read < row.cache_creation_1h_input_tokens) unread.push({ row, read });
      });
    },

    occurrences: (): Occurrence[] =>
      unread.flatMap(({ row, read }): Occurrence[] => {
        let most = read;
        for (const { at, tokens } of foreign.get(row.model) ?? []) {
          const isWithin = at > row.time_unix_ms && at <= row.time_unix_ms + TTL_1H_MS;
          if (isWithin) most = Math.max(most, ofEntry(row, tokens));
        }
        return toOccurrence(row, row.cache_creation_1h_input_tokens - most, book);
      }),
  };
}

/** Entries of an hour come after what was read, and before those of five minutes. */
function ofEntry(row: WasteRequest, tokens: number): number {
  const from = row.cache_read_input_tokens;
  return Math.max(0, Math.min(tokens - from, row.cache_creation_1h_input_tokens));
}

function readWithin(row: WasteRequest, rows: WasteRequest[], at: number): number {
  let most = 0;
  const from = row.cache_read_input_tokens;
  const until = from + row.cache_creation_1h_input_tokens;
  for (let i = at + 1; i < rows.length && most < until - from; i++) {
    const later = rows[i]!;
    if (later.time_unix_ms > row.time_unix_ms + TTL_1H_MS) break;
    if (later.model === row.model) most = Math.max(most, readBetween(later, from, until));
  }
  return most;
}

function toOccurrence(row: WasteRequest, tokens: number, book: PriceBook): Occurrence[] {
  const tariff = tokens > 0 ? storedTariff(book, row) : null;
  const written = tariff && priced(tariff, tokens, "cache_creation_1h");
  const plain = tariff && priced(tariff, tokens, "input");
  if (written === null || plain === null || written <= plain) return [];
  const { session_pk, agent_id } = row;
  const claims = [toClaim(row, "write", written - plain)];
  return [
    {
      kind: "unread_writes",
      session_pk,
      agent_id,
      what: row.model,
      claims,
      less_nano_usd: 0,
      tokens,
      calls: [],
    },
  ];
}
