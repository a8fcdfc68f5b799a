import { describe, expect, test } from "bun:test";
import { flagBit, toFlags } from "../../schema/usage.ts";
import { cost } from "../../store/cost.ts";
import { frozenBook, request } from "./prices.ts";

const nano = (...args: Parameters<typeof request>) => cost(frozenBook, request(...args)).cost_nano_usd;
const flags = (...args: Parameters<typeof request>) => toFlags(cost(frozenBook, request(...args)).flags);

describe("Claude", () => {
  test("C18 the long-context tier bills the whole request, from one token above its edge", () => {
    const rest = { cache_read_input_tokens: 199_999, output_tokens: 1000 };
    const at = cost(frozenBook, request("claude-sonnet-4-5-20250929", { uncached_input_tokens: 1, ...rest }));
    const above = cost(
      frozenBook,
      request("claude-sonnet-4-5-20250929", { uncached_input_tokens: 2, ...rest }),
    );
    expect([at.cost_nano_usd, at.price_id]).toEqual([75_002_700, "claude-sonnet-4-5"]);
    expect([above.cost_nano_usd, above.price_id]).toEqual([142_511_400, "claude-sonnet-4-5>200000"]);
    expect(above.output_nano_usd).toBe(22_500_000);
  });

  test("C18 output does not count towards the tier, writes do", () => {
    const prompt = { uncached_input_tokens: 1, cache_creation_5m_input_tokens: 99_999 };
    expect(
      cost(frozenBook, request("claude-sonnet-4-5", { ...prompt, output_tokens: 150_000 })).price_id,
    ).toBe("claude-sonnet-4-5");
    expect(
      cost(frozenBook, request("claude-sonnet-4-5", { ...prompt, cache_creation_1h_input_tokens: 100_001 }))
        .price_id,
    ).toBe("claude-sonnet-4-5>200000");
  });

  test("F009.A3 C19 a price that ends on a day holds for requests until that day: the tier of claude-sonnet-4-6", () => {
    const usage = { uncached_input_tokens: 10, cache_read_input_tokens: 900_000, output_tokens: 1000 };
    expect(nano("claude-sonnet-4-6", usage, { at: "2026-03-01T00:00:00Z" })).toBe(562_560_000);
    expect(nano("claude-sonnet-4-6", usage, { at: "2026-04-01T00:00:00Z" })).toBe(285_030_000);
    expect(nano("claude-sonnet-4-6", usage, { at: "2026-03-12T23:59:59.999Z" })).toBe(562_560_000);
    expect(nano("claude-sonnet-4-6", usage, { at: "2026-03-13T00:00:00Z" })).toBe(285_030_000);
  });

  test("C20 the tier of claude-haiku-5-5 begins above 100,000 tokens", () => {
    const rest = {
      cache_read_input_tokens: 90_000,
      cache_creation_5m_input_tokens: 9_999,
      output_tokens: 1000,
    };
    expect(nano("claude-haiku-5-5", { ...rest, uncached_input_tokens: 1 })).toBe(2_649_975);
    expect(nano("claude-haiku-5-5", { ...rest, uncached_input_tokens: 2 })).toBe(13_250_375);
  });

  test("C21 requests are priced one by one, never their sum", () => {
    const one = { uncached_input_tokens: 10, cache_read_input_tokens: 89_990, output_tokens: 100 };
    const sum = { uncached_input_tokens: 30, cache_read_input_tokens: 269_970, output_tokens: 300 };
    expect(3 * nano("claude-haiku-5-5", one)!).toBe(2_852_700);
    expect(nano("claude-haiku-5-5", sum)).toBe(14_263_500);
  });

  test("C22 the rate of a cache read is a fact of the row, not a tenth of the input", () => {
    const million = { cache_read_input_tokens: 1_000_000 };
    expect(nano("claude-fable-5", million)).toBe(1_000_000_000);
    expect(nano("claude-fable-5-1", million)).toBe(250_000_000);
    expect(nano("claude-fable-5-2", million, { at: "2026-11-09T00:00:00Z" })).toBe(200_000_000);
    expect(nano("claude-opus-5-5", million)).toBe(200_000_000);
    expect(nano("claude-sonnet-5-5", million, { at: "2026-10-06T23:59:59Z" })).toBe(200_000_000);
    expect(nano("claude-sonnet-5-5", million, { at: "2026-10-07T00:00:00Z" })).toBe(100_000_000);
  });

  const mixed = {
    uncached_input_tokens: 1000,
    output_tokens: 1000,
    cache_read_input_tokens: 10_000,
    cache_creation_1h_input_tokens: 1000,
  };

  test("C23 fast is a fact of the request", () => {
    expect(nano("claude-opus-5-5", mixed)).toBe(34_000_000);
    expect(nano("claude-opus-5-5", mixed, { speed: "fast" })).toBe(68_000_000);
    expect(nano("claude-opus-5-5", mixed, { speed: "" })).toBe(34_000_000);
  });

  test("C23 fast on a model without a fast price is standard price and flagged", () => {
    expect(nano("claude-haiku-4-5", mixed, { speed: "fast" })).toBe(nano("claude-haiku-4-5", mixed)!);
    expect(flags("claude-haiku-4-5", mixed, { speed: "fast" })).toEqual(["speed_unknown"]);
    expect(flags("claude-opus-5-5", mixed, { speed: "turbo" })).toEqual(["speed_unknown"]);
  });

  test("C24 only inference in the US costs a tenth more", () => {
    expect(nano("claude-opus-5-5", mixed, { inference_geo: "us" })).toBe(37_400_000);
    for (const inference_geo of ["global", "not_available", ""])
      expect(nano("claude-opus-5-5", mixed, { inference_geo })).toBe(34_000_000);
    expect(nano("claude-opus-5-5", mixed, { inference_geo: "us", speed: "fast" })).toBe(74_800_000);
    expect(nano("claude-opus-4-5", mixed, { inference_geo: "us" })).toBe(nano("claude-opus-4-5", mixed)!);
    expect(flags("claude-opus-5-5", mixed, { inference_geo: "mars" })).toEqual(["price_unconfirmed"]);
  });

  test("C25 batch is half, stacks with geo, and an unknown tier is standard and flagged", () => {
    expect(nano("claude-opus-5-5", mixed, { service_tier: "batch" })).toBe(17_000_000);
    expect(nano("claude-opus-5-5", mixed, { service_tier: "batch", inference_geo: "us" })).toBe(18_700_000);
    for (const service_tier of ["priority", "platinum", "flex"]) {
      expect(nano("claude-opus-5-5", mixed, { service_tier })).toBe(34_000_000);
      expect(flags("claude-opus-5-5", mixed, { service_tier })).toEqual(["tier_unknown"]);
    }
    expect(flags("claude-opus-5-5", mixed, { service_tier: "" })).toEqual([]);
  });

  test("C26 a web search costs a cent, whatever the speed and the place", () => {
    const usage = { ...mixed, web_search_requests: 2 };
    const plain = cost(frozenBook, request("claude-opus-5-5", usage));
    expect([plain.web_search_nano_usd, plain.cost_nano_usd]).toEqual([20_000_000, 54_000_000]);
    const rest = { speed: "fast", inference_geo: "us", service_tier: "batch" };
    expect(cost(frozenBook, request("claude-opus-5-5", usage, rest)).web_search_nano_usd).toBe(20_000_000);
  });

  test("C38 a count no request can have gives no price instead of a wrong one", () => {
    for (const output_tokens of [-5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40]) {
      expect(nano("claude-opus-5-5", { output_tokens })).toBeNull();
      expect(flags("claude-opus-5-5", { output_tokens })).toEqual(["bad_number", "unpriced"]);
    }
  });
});

describe("Codex", () => {
  test("X09 cache writes have their rate from GPT-5.6 on and are plain input before", () => {
    const usage = {
      uncached_input_tokens: 2000,
      cache_creation_5m_input_tokens: 8000,
      cache_read_input_tokens: 90_000,
      output_tokens: 1000,
      reasoning_output_tokens: 400,
    };
    expect(nano("gpt-6-sol", usage)).toBe(52_000_000);
    const old = cost(frozenBook, request("gpt-5.5", usage));
    expect(old.cost_nano_usd).toBe(125_000_000);
    expect([old.input_nano_usd, old.cache_creation_5m_nano_usd]).toEqual([50_000_000, 0]);
  });

  test("X10 the long-context tier begins above 272,000 tokens, and fast doubles", () => {
    const rest = { cache_read_input_tokens: 271_000, output_tokens: 1000 };
    const edge = { ...rest, uncached_input_tokens: 1000 };
    expect(nano("gpt-6.1-sol", edge)).toBe(39_100_000);
    expect(nano("gpt-6.1-sol", { ...rest, uncached_input_tokens: 1001 })).toBe(73_204_000);
    expect(nano("gpt-6.1-sol", edge, { speed: "fast" })).toBe(78_200_000);
    for (const service_tier of ["fast", "priority"])
      expect(nano("gpt-6.1-sol", edge, { service_tier, speed: "" })).toBe(78_200_000);
    expect(nano("gpt-6.1-sol", edge, { service_tier: "fast", speed: "fast" })).toBe(78_200_000);
    expect(nano("gpt-6.1-sol", edge, { service_tier: "flex" })).toBe(19_550_000);
  });

  test("X11 a price past its confirmed end is used and flagged", () => {
    const usage = { uncached_input_tokens: 1000, output_tokens: 1000 };
    expect(nano("gpt-5.6-sol", usage, { at: "2026-08-20T23:59:59Z" })).toBe(35_000_000);
    expect(nano("gpt-5.6-sol", usage, { at: "2026-08-21T00:00:00Z" })).toBe(24_000_000);
    expect(flags("gpt-5.6-sol", usage, { at: "2026-11-21T23:59:59Z" })).toEqual([]);
    expect(nano("gpt-5.6-sol", usage, { at: "2026-12-01T00:00:00Z" })).toBe(24_000_000);
    expect(flags("gpt-5.6-sol", usage, { at: "2026-12-01T00:00:00Z" })).toEqual(["price_unconfirmed"]);
  });

  test("X11 a request from before the first row takes that row and is flagged", () => {
    const usage = { output_tokens: 1000 };
    expect(nano("gpt-6-astra", usage, { at: "2026-09-02T00:00:00Z" })).toBe(50_000_000);
    expect(flags("gpt-6-astra", usage, { at: "2026-09-02T00:00:00Z" })).toEqual(["price_unconfirmed"]);
  });

  test("X18 the model of a turn decides, and an unknown one is never gpt-5", () => {
    const usage = { uncached_input_tokens: 1_000_000 };
    expect(nano("gpt-6-luna", usage)).toBe(100_000_000);
    expect(nano("gpt-6-sol", usage)).toBe(4_000_000_000);
    expect(nano("unknown", usage)).toBeNull();
  });

  test("X19 without evidence of speed the price is standard", () => {
    const usage = { output_tokens: 1000 };
    expect(nano("gpt-6-sol", usage, { speed: "", service_tier: "" })).toBe(10_000_000);
    expect(nano("gpt-6-sol", usage, { speed: "fast", service_tier: "" })).toBe(20_000_000);
  });

  test("X22 usage of several requests together is kept off the long-context tier", () => {
    const usage = { uncached_input_tokens: 300_000, output_tokens: 1000 };
    const aggregated = flagBit("aggregated_usage") + flagBit("speed_unknown");
    expect(nano("gpt-6-sol", usage)).toBe(1_215_000_000);
    expect(nano("gpt-6-sol", usage, { flags: aggregated })).toBe(610_000_000);
  });

  test("X23 codex-auto-review has no price", () => {
    const usage = { output_tokens: 1000 };
    expect(nano("codex-auto-review", usage)).toBeNull();
    expect(flags("codex-auto-review", usage)).toEqual(["unpriced"]);
  });
});
