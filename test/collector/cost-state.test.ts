import { expect, test } from "bun:test";
import { readCostState } from "../../collector/sources/claude/cost-state.ts";

const line = {
  type: "cost-state",
  totalCostUSD: 0.035858499999999995,
  startTime: 10,
  totalDuration: 20,
  hasUnknownModelCost: false,
  modelUsage: {
    "claude-opus-5-5[1m]": {
      inputTokens: 1,
      outputTokens: 2,
      cacheReadInputTokens: 3,
      cacheCreationInputTokens: 9,
      cacheCreationEphemeral5mInputTokens: 4,
      cacheCreationEphemeral1hInputTokens: 5,
      costUSD: 0.01,
    },
    "claude-opus-5-5": { inputTokens: 10, outputTokens: 0, cacheCreationInputTokens: 7, costUSD: 0.02 },
  },
};

test("O12 a client's total: money in nano-USD, one model under its own name, the split where it is known", () => {
  expect(readCostState(line, "S", 5)).toEqual({
    session_id: "S",
    start_unix_ms: 10,
    duration_ms: 20,
    time_unix_ms: 5,
    cost_nano_usd: 35_858_500,
    has_unknown_cost: false,
    models: [
      {
        model: "claude-opus-5-5",
        cost_nano_usd: 30_000_000,
        is_ttl_known: false,
        usage: {
          uncached_input_tokens: 11,
          cache_creation_5m_input_tokens: 11,
          cache_creation_1h_input_tokens: 5,
          cache_read_input_tokens: 3,
          output_tokens: 2,
          reasoning_output_tokens: 0,
          web_search_requests: 0,
        },
      },
    ],
  });
});

test("O12 a total with an invalid figure is no total", () => {
  for (const change of [
    { totalCostUSD: -1 },
    { totalCostUSD: Number.NaN },
    { startTime: "x" },
    { totalDuration: 1.5 },
    { modelUsage: null },
    { modelUsage: { m: { costUSD: 1, inputTokens: -1 } } },
    { modelUsage: { m: { costUSD: 1, outputTokens: "9" } } },
    { modelUsage: { m: 7 } },
  ])
    expect(readCostState({ ...line, ...change }, "S", 5)).toBeUndefined();
});
