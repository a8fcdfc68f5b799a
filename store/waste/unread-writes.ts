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

/** Tokens written for an hour, and how many of them their own thread read within it. */
export type Unread = { row: WasteRequest; read: number };
/** Tokens that a thread read beyond its own cached ones: another thread may have written them. */
export type ForeignRead = { model: string; at: number; tokens: number };

export function unreadIn({ rows }: WasteThread): Unread[] {
  return rows.flatMap((row, i): Unread[] => {
    if (row.cache_creation_1h_input_tokens === 0) return [];
    const read = readWithin(row, rows, i);
    return read < row.cache_creation_1h_input_tokens ? [{ row, read }] : [];
  });
}

export function foreignReads({ rows }: WasteThread): ForeignRead[] {
  const found: ForeignRead[] = [];
  let held = 0;
  for (const row of rows) {
    if (row.cache_read_input_tokens > held)
      found.push({ model: row.model, at: row.time_unix_ms, tokens: row.cache_read_input_tokens });
    held =
      row.cache_read_input_tokens + row.cache_creation_1h_input_tokens + row.cache_creation_5m_input_tokens;
  }
  return found;
}

/**
 * One-hour entries that no thread read: the premium over plain input is lost. Another thread may have written what a
 * thread reads beyond its own cached tokens, so such a read is subtracted from every entry that it may have used. An
 * entry that may still be read at `until` does not count.
 */
export function unreadWrites(
  unread: readonly Unread[],
  reads: readonly ForeignRead[],
  until: number,
  book: PriceBook,
): Occurrence[] {
  const over = unread.filter(({ row }) => row.time_unix_ms + TTL_1H_MS < until);
  if (over.length === 0) return [];
  const byModel = Map.groupBy(
    reads.toSorted((a, b) => a.at - b.at),
    (r) => r.model,
  );
  return over.flatMap(({ row, read }): Occurrence[] => {
    const most = mostRead(row, read, byModel.get(row.model) ?? []);
    return toOccurrence(row, row.cache_creation_1h_input_tokens - most, book);
  });
}

/** Reads are in the order of their times. */
function mostRead(row: WasteRequest, own: number, reads: readonly ForeignRead[]): number {
  let most = own;
  for (let i = firstAfter(reads, row.time_unix_ms); i < reads.length; i++) {
    const { at, tokens } = reads[i]!;
    if (at > row.time_unix_ms + TTL_1H_MS) break;
    most = Math.max(most, ofEntry(row, tokens));
  }
  return most;
}

function firstAfter(reads: readonly ForeignRead[], unixMs: number): number {
  let low = 0;
  let high = reads.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reads[middle]!.at > unixMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** One-hour entries follow what was read, and precede those of five minutes. */
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
