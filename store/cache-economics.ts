import { flagBit, inputTokens, type Usage } from "../schema/usage.ts";
import { vendorNamed } from "../schema/vendors.ts";
import { amount } from "./cost.ts";
import type { PriceBook } from "./price-book.ts";
import { findTariff, type Price, type PricedRequest, type Tariff } from "./tariff.ts";

/** Neither vendor caches a shorter prefix, so a smaller difference is rounding. */
const LEAST_MISSED_TOKENS = 1024;
const TTL_5M_MS = 5 * 60_000;
export const TTL_1H_MS = 60 * 60_000;
const AGGREGATED = flagBit("aggregated_usage");

/** The fields of a request that concern its cache. */
export type CachedRequest = Omit<PricedRequest, "usage" | "flags"> &
  Usage & {
    source: string;
    flags: number;
    /**
     * Set on a request that is in no transcript or is a part of another one: in the sums, but not a step of a thread.
     */
    is_aside: number;
    cache_miss_reason: string | null;
    cache_missed_input_tokens: number | null;
  };

type DerivedReason = "idle" | "model_switch" | "compaction" | "changed_prefix";
export type Miss = {
  /** The vendor's own reason, else the first derived one that applies. */
  reason: string;
  is_vendor_reason: boolean;
  missed_tokens: number;
  /** What they cost beyond the price of reading them; null without a price. */
  lost_nano_usd: number | null;
  idle_ms: number | null;
  ttl_ms: number | null;
};
export type Economy = {
  /** Reads at the full price, minus their cost. */
  saved_nano_usd: number | null;
  /** Writes, minus the same tokens at the full price. */
  write_nano_usd: number | null;
};
/** The cached part of a prompt, and its lifetime after the last read. */
export type Held = { time_unix_ms: number; model: string; tokens: number; ttl_ms: number };

const rate = ({ prices }: Tariff, name: "cache_read" | "cache_creation_5m" | "cache_creation_1h") =>
  prices[name] === "input" ? prices.input : prices[name];
const whole = (nano: number): number | null => (Number.isSafeInteger(nano) ? nano : null);

export function tariffOf(book: PriceBook, r: CachedRequest): Tariff | null {
  const { model, time_unix_ms, service_tier, speed, inference_geo, flags } = r;
  return findTariff(book, { usage: r, model, time_unix_ms, service_tier, speed, inference_geo, flags });
}

export function economyOf(tariff: Tariff | null, r: Usage): Economy {
  if (!tariff) return { saved_nano_usd: null, write_nano_usd: null };
  const extra = (tokens: number, price: Price | "input" | null) =>
    amount(tokens, price) - amount(tokens, tariff.prices.input);
  return {
    saved_nano_usd: whole(-extra(r.cache_read_input_tokens, rate(tariff, "cache_read"))),
    write_nano_usd: whole(
      extra(r.cache_creation_5m_input_tokens, rate(tariff, "cache_creation_5m")) +
        extra(r.cache_creation_1h_input_tokens, rate(tariff, "cache_creation_1h")),
    ),
  };
}

/** The state after this request; null if it does not determine one. */
export function heldAfter(r: CachedRequest, before: Held | null): Held | null {
  if (r.is_aside) return before;
  if (Math.floor(r.flags / AGGREGATED) % 2 === 1) return null;
  const written = r.cache_creation_5m_input_tokens + r.cache_creation_1h_input_tokens;
  const ttl_ms =
    r.cache_creation_1h_input_tokens > 0
      ? TTL_1H_MS
      : written > 0
        ? TTL_5M_MS
        : (before?.ttl_ms ?? TTL_5M_MS);
  const block = vendorNamed(r.source)?.cache_block_tokens ?? null;
  const tokens =
    // If writes are not reported, the whole prompt is cached, in whole blocks.
    block === null ? r.cache_read_input_tokens + written : Math.floor(inputTokens(r) / block) * block;
  return { time_unix_ms: r.time_unix_ms, model: r.model, tokens, ttl_ms };
}

/**
 * Cached tokens that were not read. Entries with the longer lifetime come first in a prompt, so one-hour writes are
 * attributed before five-minute writes, and those before input at the full price.
 */
export function missOf(
  tariff: Tariff | null,
  r: CachedRequest,
  held: Held | null,
  hasCompacted: boolean,
): Miss | null {
  if (r.is_aside) return null;
  const vendor =
    r.cache_miss_reason !== null && r.cache_miss_reason !== "unavailable" ? r.cache_miss_reason : null;
  const paid = inputTokens(r) - r.cache_read_input_tokens;
  const derived = held ? Math.min(held.tokens - r.cache_read_input_tokens, paid) : 0;
  const missed_tokens = Math.min(
    paid,
    (vendor !== null ? r.cache_missed_input_tokens : null) ?? Math.max(0, derived),
  );
  if (vendor === null ? missed_tokens < LEAST_MISSED_TOKENS : missed_tokens === 0) return null;
  return {
    reason: vendor ?? reasonOf(r, held!, hasCompacted),
    is_vendor_reason: vendor !== null,
    missed_tokens,
    lost_nano_usd: tariff && lostOn(tariff, r, missed_tokens),
    idle_ms: held && Math.max(0, r.time_unix_ms - held.time_unix_ms),
    ttl_ms: held?.ttl_ms ?? null,
  };
}

function reasonOf(r: CachedRequest, held: Held, hasCompacted: boolean): DerivedReason {
  if (r.time_unix_ms - held.time_unix_ms > held.ttl_ms) return "idle";
  if (r.model !== held.model) return "model_switch";
  return hasCompacted ? "compaction" : "changed_prefix";
}

function lostOn(tariff: Tariff, r: Usage, missed: number): number | null {
  const h1 = Math.min(missed, r.cache_creation_1h_input_tokens);
  const m5 = Math.min(missed - h1, r.cache_creation_5m_input_tokens);
  return whole(
    amount(h1, rate(tariff, "cache_creation_1h")) +
      amount(m5, rate(tariff, "cache_creation_5m")) +
      amount(missed - h1 - m5, tariff.prices.input) -
      amount(missed, rate(tariff, "cache_read")),
  );
}

/** Cost of writing the cached tokens again instead of reading them: at stake when the cache expires. */
export function stakeOf(tariff: Tariff | null, held: Held): number | null {
  if (!tariff) return null;
  const write = rate(tariff, held.ttl_ms === TTL_1H_MS ? "cache_creation_1h" : "cache_creation_5m");
  return whole(amount(held.tokens, write) - amount(held.tokens, rate(tariff, "cache_read")));
}
