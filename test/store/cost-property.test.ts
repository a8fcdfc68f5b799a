import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { NO_USAGE, type Usage } from "../../schema/usage.ts";
import { cost } from "../../store/cost.ts";
import { createPriceBook, loadPriceBook, type PriceRow } from "../../store/price-book.ts";
import { request } from "./prices.ts";

const book = loadPriceBook();
const count = fc.oneof(fc.nat(3), fc.nat(400_000), fc.nat(1_000_000_000));
const usage: fc.Arbitrary<Usage> = fc.record({
  uncached_input_tokens: count,
  cache_creation_5m_input_tokens: count,
  cache_creation_1h_input_tokens: count,
  cache_read_input_tokens: count,
  output_tokens: count,
  reasoning_output_tokens: count,
  web_search_requests: fc.nat(50),
});

test("F009.A1 the total is the sum of whole, never negative items, or everything is null", () => {
  const requested = fc.record({
    usage,
    model: fc.constantFrom(...book.rows.keys(), "gpt-6", ""),
    time_unix_ms: fc.integer({ min: 0, max: Date.parse("2030-01-01") }),
    service_tier: fc.constantFrom("", "standard", "batch", "flex", "priority", "odd"),
    speed: fc.constantFrom("", "standard", "fast"),
    inference_geo: fc.constantFrom("", "us", "global", "odd"),
  });
  void fc.assert(
    fc.property(requested, (one) => {
      const { price_id, flags, cost_nano_usd, ...items } = cost(book, one);
      expect(Number.isInteger(flags)).toBe(true);
      if (cost_nano_usd === null) {
        expect([price_id, ...Object.values(items)]).toEqual(Array(7).fill(null));
        return;
      }
      const known = Object.values(items).filter((item) => item !== null);
      expect(known.length).toBe(6);
      for (const item of known) expect(Number.isSafeInteger(item) && item >= 0).toBe(true);
      expect(cost_nano_usd).toBe(known.reduce((sum, item) => sum + item, 0));
    }),
    { numRuns: 2000 },
  );
});

test("F009 each item is the exact product, rounded half up once", () => {
  const rate = fc.integer({ min: 0, max: 600_000_000 }).map((millionths) => millionths / 1e6);
  const factor = fc.constantFrom(0.5, 1.1, 2, 2.5, 6);
  void fc.assert(
    fc.property(count, rate, factor, factor, (output_tokens, output, fast, batch) => {
      const row: PriceRow = {
        ...book.rows.get("claude-opus-5")![0]!,
        model: "m",
        usd_per_mtok: {
          input: 1,
          cache_creation_5m: null,
          cache_creation_1h: null,
          cache_read: null,
          output,
        },
        multipliers: { fast, batch },
      };
      const one = createPriceBook({ generated_from: "", rows: [row], aliases: {}, notes: {} });
      const requested = request(
        "m",
        { ...NO_USAGE, output_tokens },
        { speed: "fast", service_tier: "batch" },
      );
      const scaled =
        BigInt(output_tokens) *
        BigInt(Math.round(output * 1e6)) *
        BigInt(Math.round(fast * 1000)) *
        BigInt(Math.round(batch * 1000));
      const exact = (2n * scaled + 1_000_000_000n) / 2_000_000_000n;
      const { output_nano_usd } = cost(one, requested);
      if (exact <= BigInt(Number.MAX_SAFE_INTEGER)) expect(output_nano_usd).toBe(Number(exact));
      else expect(output_nano_usd).toBeNull();
    }),
    { numRuns: 2000 },
  );
});
