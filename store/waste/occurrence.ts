import { flagBit } from "../../schema/usage.ts";
import type { WasteKind } from "../../schema/waste.ts";
import { type CachedRequest, tariffOf } from "../cache-economics.ts";
import { amount } from "../cost.ts";
import type { PriceBook } from "../price-book.ts";
import type { Tariff } from "../tariff.ts";

/** The fields of a request that the waste rules need. */
export type WasteRequest = CachedRequest & {
  seq: number;
  request_key: string;
  session_pk: number;
  agent_id: string;
  prompt_id: string | null;
  /** Tokens of the whole prompt. */
  input_tokens: number;
  price_id: string | null;
  cost_nano_usd: number | null;
};

export type WasteCall = {
  tool_use_id: string;
  tool_name: string | null;
  summary: string | null;
  prompt_id: string | null;
  started_unix_ms: number | null;
  ended_unix_ms: number | null;
  outcome: string;
  /** Equal for equal arguments; null if the arguments are not stored. */
  argument: string | null;
  /** Null if its answer is not stored. */
  output_chars: number | null;
  /** Equal for equal answers. */
  output_hash: string | null;
};

/** Requests of one agent of one session in their order, without those that are a part of another one or hidden. */
export type WasteThread = {
  session_pk: number;
  agent_id: string;
  is_agent: boolean;
  rows: WasteRequest[];
  calls(): WasteCall[];
  /** Data from the client's own compactions of this session; of the main thread only. */
  compaction(): Compaction | null;
};
export type Compaction = {
  /** Most tokens at which the client compacted automatically. */
  limit_tokens: number | null;
  /** Most tokens that remained. */
  left_tokens: number | null;
};

/** The part of a request's cost that is wasted. */
type Part = "all" | "read" | "write";
export type Claim = Pick<WasteRequest, "seq" | "request_key" | "time_unix_ms"> & {
  cost_nano_usd: number;
  part: Part;
  nano_usd: number;
};

/** One occurrence of waste with its evidence. */
export type Occurrence = {
  kind: WasteKind;
  session_pk: number;
  agent_id: string;
  what: string;
  claims: Claim[];
  /** Cost of the better alternative. */
  less_nano_usd: number;
  tokens: number | null;
  calls: WasteCall[];
};

/** Only the needed fields of the request: a long range has many. */
export function toClaim(row: WasteRequest, part: Part, nano_usd: number): Claim {
  const { seq, request_key, time_unix_ms, cost_nano_usd } = row;
  return { seq, request_key, time_unix_ms, cost_nano_usd: cost_nano_usd ?? 0, part, nano_usd };
}

const AGGREGATED = flagBit("aggregated_usage");
/** The sum of several requests does not show the size of any. */
export function isAggregated({ flags }: WasteRequest): boolean {
  return Math.floor(flags / AGGREGATED) % 2 === 1;
}

/** Null unless the rates are those of the stored cost. */
export function storedTariff(book: PriceBook, row: WasteRequest): Tariff | null {
  if (row.cost_nano_usd === null) return null;
  const tariff = tariffOf(book, row);
  return tariff !== null && tariff.price_id === row.price_id ? tariff : null;
}

type RateName = "input" | "cache_read" | "cache_creation_5m" | "cache_creation_1h";
/** Cost of tokens at a rate of the request; null without one. */
export function priced(tariff: Tariff, tokens: number, name: RateName): number | null {
  const rate = tariff.prices[name] === "input" ? tariff.prices.input : tariff.prices[name];
  const nano = amount(tokens, rate);
  return Number.isSafeInteger(nano) ? nano : null;
}

/** Tokens of a prompt between two offsets that this request read from the cache. */
export function readBetween(row: WasteRequest, from: number, until: number): number {
  return Math.max(0, Math.min(row.cache_read_input_tokens, until) - from);
}
