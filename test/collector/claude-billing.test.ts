import { describe, expect, test } from "bun:test";
import { type QualityFlag, toFlags } from "../../schema/usage.ts";
import { cost } from "../../store/cost.ts";
import { recost as recostAll } from "../../store/recost.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import { agentTranscript, assistant, inEveryWay, jsonl, totals, transcript, type World } from "../world.ts";

const S1 = transcript("S1");

function flagsOf(w: World, key = "claude:msg_01A"): QualityFlag[] {
  return toFlags(w.one<{ flags: number }>("select flags from requests where request_key = ?", key).flags);
}

function models(w: World): Record<string, number> {
  const rows = w.all<{ model: string; cost: number }>(
    "select model, sum(cost_nano_usd) as cost from usage_rollup group by model",
  );
  return Object.fromEntries(rows.map((r) => [r.model, r.cost]));
}

describe("Claude: what is billed", () => {
  test("C10 the same response in a parent's and an agent's file is one; a replay in the parent yields to the agent", async () => {
    const agent = assistant({ isSidechain: true, agentId: "a1", usage: { output_tokens: 300 } });
    for (const [isSidechain, owner] of [
      [true, "a1"],
      [false, ""],
    ] as const) {
      const files = {
        [S1]: jsonl(assistant({ isSidechain, usage: { output_tokens: 300 } })),
        [agentTranscript("S1", "a1")]: jsonl(agent),
      };
      await inEveryWay(files, (w) => {
        expect(totals(w)).toMatchObject({ requests: 1, output: 300 });
        expect(w.all("select agent_id from requests")).toEqual([{ agent_id: owner }]);
        expect(countRollupDifferences(w.db)).toBe(0);
      });
    }
  });

  for (const [id, flat, split, cost, flag] of [
    ["C14", 9000, [0, 0], 45_000_000, "cache_ttl_unknown"],
    ["C15", 9000, [1000, 2000], 51_000_000, "cache_split_incomplete"],
    ["C16", 1000, [0, 8989], 71_912_000, "cache_split_exceeds_flat"],
    ["C17", 9000, undefined, 45_000_000, "cache_ttl_assumed_5m"],
  ] as const)
    test(`${id} cache writes with a split that does not add up are priced and flagged`, async () => {
      const cache_creation = split && {
        ephemeral_5m_input_tokens: split[0],
        ephemeral_1h_input_tokens: split[1],
      };
      const usage = { cache_creation_input_tokens: flat, ...(cache_creation && { cache_creation }) };
      await inEveryWay({ [S1]: jsonl(assistant({ usage })) }, (w) => {
        expect(totals(w)).toMatchObject({ cost });
        expect(flagsOf(w)).toEqual([flag]);
      });
    });

  test("C21 a tier is a request's, never a sum's", async () => {
    const line = (n: number) =>
      assistant({
        requestId: `req_01${n}`,
        message: { id: `msg_01${n}`, model: "claude-haiku-5-5" },
        usage: { input_tokens: 10, cache_read_input_tokens: 89990, output_tokens: 100 },
      });
    await inEveryWay({ [S1]: jsonl(line(1), line(2), line(3)) }, (w) =>
      expect(totals(w)).toMatchObject({ requests: 3, cost: 2_852_700 }),
    );
  });

  test("C23 fast is what the response reports, request by request", async () => {
    const usage = {
      input_tokens: 1000,
      output_tokens: 1000,
      cache_read_input_tokens: 10000,
      cache_creation_input_tokens: 1000,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 1000 },
    };
    const lines = jsonl(
      assistant({ usage }),
      assistant({ requestId: "req_01B", message: { id: "msg_01B" }, usage: { ...usage, speed: "fast" } }),
    );
    await inEveryWay({ [S1]: lines }, (w) => expect(totals(w)).toMatchObject({ cost: 102_000_000 }));
  });

  const mixed = {
    input_tokens: 1000,
    output_tokens: 1000,
    cache_read_input_tokens: 10_000,
    cache_creation_input_tokens: 1000,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 1000 },
  };
  const million = { cache_read_input_tokens: 1_000_000 };
  const sonnet = { cache_read_input_tokens: 199_999, output_tokens: 1000 };
  const haiku = { cache_read_input_tokens: 90_000, cache_creation_input_tokens: 9999, output_tokens: 1000 };
  const late = { input_tokens: 10, cache_read_input_tokens: 900_000, output_tokens: 1000 };
  /** Trap, model, usage, time and what it must cost in nano-USD, each on files in every way. */
  const priced: [string, string, Record<string, unknown>, string, number][] = [
    ["C18", "claude-sonnet-4-5-20250929", { ...sonnet, input_tokens: 1 }, "2026-02-01", 75_002_700],
    ["C18", "claude-sonnet-4-5-20250929", { ...sonnet, input_tokens: 2 }, "2026-02-01", 142_511_400],
    ["C19", "claude-sonnet-4-6", late, "2026-03-12", 562_560_000],
    ["C19", "claude-sonnet-4-6", late, "2026-03-13", 285_030_000],
    ["C20", "claude-haiku-5-5", { ...haiku, input_tokens: 1 }, "2026-11-01", 2_649_975],
    ["C20", "claude-haiku-5-5", { ...haiku, input_tokens: 2 }, "2026-11-01", 13_250_375],
    ["C22", "claude-fable-5", million, "2026-11-01", 1_000_000_000],
    ["C22", "claude-fable-5-1", million, "2026-11-01", 250_000_000],
    ["C22", "claude-opus-5-5", million, "2026-11-01", 200_000_000],
    ["C23", "claude-opus-5-5", mixed, "2026-11-01", 34_000_000],
    ["C23", "claude-opus-5-5", { ...mixed, speed: "fast" }, "2026-11-01", 68_000_000],
    ["C24", "claude-opus-5-5", { ...mixed, inference_geo: "us" }, "2026-11-01", 37_400_000],
    ["C24", "claude-opus-5-5", { ...mixed, inference_geo: null }, "2026-11-01", 34_000_000],
    ["C24", "claude-opus-5-5", { ...mixed, inference_geo: undefined }, "2026-11-01", 34_000_000],
    ["C25", "claude-opus-5-5", { ...mixed, service_tier: "batch" }, "2026-11-01", 17_000_000],
    [
      "C25",
      "claude-opus-5-5",
      { ...mixed, service_tier: "batch", inference_geo: "us" },
      "2026-11-01",
      18_700_000,
    ],
    [
      "C26",
      "claude-opus-5-5",
      { ...mixed, speed: "fast", server_tool_use: { web_search_requests: 2 } },
      "2026-11-01",
      88_000_000,
    ],
  ];
  test.each(priced)(
    "F009 %s %s with %j on %s costs its nano-dollars, whatever the settings are now",
    async (_, model, usage, day, cost) => {
      const files = {
        [S1]: jsonl(assistant({ timestamp: `${day}T00:00:00.000Z`, message: { model }, usage })),
        ".claude/settings.json": JSON.stringify({ fastMode: true, model: "opus", serviceTier: "priority" }),
      };
      await inEveryWay(files, (w) => expect(totals(w)).toMatchObject({ requests: 1, cost }));
    },
  );

  test("C25 an unknown tier is priced as standard and flagged", async () => {
    await inEveryWay(
      { [S1]: jsonl(assistant({ usage: { output_tokens: 1000, service_tier: "galactic" } })) },
      (w) => {
        expect(totals(w)).toMatchObject({ cost: 20_000_000 });
        expect(flagsOf(w)).toEqual(["tier_unknown"]);
      },
    );
  });

  test("C26 web searches repeated on every line of a response are charged once", async () => {
    const line = assistant({ usage: { server_tool_use: { web_search_requests: 2, web_fetch_requests: 5 } } });
    await inEveryWay({ [S1]: jsonl(line, line, line) }, (w) =>
      expect(totals(w)).toMatchObject({ requests: 1, searches: 2, cost: 20_000_000 }),
    );
  });

  test("C27 a search that the request did not count is inferred from its answer, an error costs nothing", async () => {
    const call = (web_search_requests: number) =>
      assistant({
        message: {
          content: [{ type: "tool_use", id: "toolu_09", name: "WebSearch", input: { query: "x" } }],
        },
        usage: { server_tool_use: { web_search_requests } },
      });
    const answer = (is_error: boolean) => ({
      type: "user",
      uuid: "u9",
      sessionId: "S1",
      timestamp: "2026-11-01T10:00:05.000Z",
      toolUseResult: { query: "x", searchCount: 3, results: [] },
      message: {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "toolu_09", content: "…", is_error }],
      },
    });
    for (const [counted, isError, cost] of [
      [0, false, 30_000_000],
      [3, false, 30_000_000],
      [0, true, 0],
    ] as const)
      await inEveryWay({ [S1]: jsonl(call(counted), answer(isError)) }, (w) => {
        expect(totals(w)).toMatchObject({ requests: 1, cost });
        if (counted === 0 && !isError)
          expect(flagsOf(w, "claude:msg_01A:search:toolu_09")).toEqual(["search_fee_inferred"]);
        expect(countRollupDifferences(w.db)).toBe(0);
      });
  });

  test("C28 an advisor bills under its own model beside the request", async () => {
    const usage = {
      input_tokens: 4,
      cache_read_input_tokens: 20000,
      output_tokens: 500,
      iterations: [
        { type: "message", input_tokens: 2, output_tokens: 200 },
        {
          type: "advisor_message",
          model: "claude-opus-5-5",
          input_tokens: 100000,
          output_tokens: 5000,
          cache_read_input_tokens: 0,
          cache_creation_input_tokens: 0,
        },
        { type: "message", input_tokens: 2, output_tokens: 300 },
      ],
    };
    const line = assistant({ message: { model: "claude-sonnet-5-5" }, usage });
    await inEveryWay({ [S1]: jsonl(line, line, line) }, (w) => {
      expect(totals(w)).toMatchObject({ requests: 1, cost: 507_008_000 });
      expect(models(w)).toEqual({ "claude-sonnet-5-5": 7_008_000, "claude-opus-5-5": 500_000_000 });
    });
  });

  test("C28 what an advisor read does not lift the request to a dearer tier, and is judged by itself", async () => {
    const model = "claude-haiku-5-5";
    const advisor = (input_tokens: number) => ({
      cache_read_input_tokens: 90_000,
      output_tokens: 1000,
      iterations: [{ type: "advisor_message", model, input_tokens, output_tokens: 10 }],
    });
    for (const [read, tier, cost] of [
      [100_000, "", 100_000 * 100 + 10 * 500],
      [100_001, ">100000", 100_001 * 500 + 10 * 2500],
    ] as const)
      await inEveryWay({ [S1]: jsonl(assistant({ message: { model }, usage: advisor(read) })) }, (w) => {
        const [main, part] = w.all<{ price_id: string; cost: number }>(
          "select price_id, cost_nano_usd as cost from requests order by parent_key is not null",
        );
        expect(main).toEqual({ price_id: "claude-haiku-5-5@2026-10-07", cost: 90_000 * 10 + 1000 * 500 });
        expect(part).toEqual({ price_id: `claude-haiku-5-5@2026-10-07${tier}`, cost });
      });
  });

  test("C29 a fallback that was not billed is beside the request at no cost, and in no sum", async () => {
    for (const model of ["claude-fable-5-2", "claude-fable-9-9"]) {
      const iterations = [
        { type: "fallback_message", model, input_tokens: 50000, output_tokens: 10 },
        { type: "message", input_tokens: 1000, output_tokens: 1000 },
      ];
      const line = assistant({ usage: { input_tokens: 1000, output_tokens: 1000, iterations } });
      await inEveryWay({ [S1]: jsonl(line, line, line) }, (w) => {
        expect(totals(w)).toMatchObject({ requests: 1, uncached: 1000, output: 1000, cost: 24_000_000 });
        expect(models(w)).toEqual({ "claude-opus-5-5": 24_000_000 });
        expect(flagsOf(w)).toEqual(["unbilled_fallback"]);
        const tried = w.all(
          "select request_key, model, cost_nano_usd, price_id from requests where parent_key = 'claude:msg_01A'",
        );
        expect(tried).toEqual([
          { request_key: "claude:msg_01A:fallback:0", model, cost_nano_usd: 0, price_id: null },
        ]);
        expect(flagsOf(w, "claude:msg_01A:fallback:0")).toEqual(["unbilled_fallback"]);
        expect(countRollupDifferences(w.db)).toBe(0);
        recostAll(w.db, (request) => cost(w.pipeline.book, request), { dry_run: false, now: () => 0 });
        expect(flagsOf(w, "claude:msg_01A:fallback:0")).toEqual(["unbilled_fallback"]);
        expect(totals(w)).toMatchObject({ cost: 24_000_000 });
      });
    }
  });

  test("C30 a compaction inside the request is billed beside it", async () => {
    const iterations = [
      { type: "compaction", input_tokens: 180000, output_tokens: 3500 },
      { type: "message", input_tokens: 23000, output_tokens: 1000 },
    ];
    const line = assistant({
      message: { model: "claude-opus-5" },
      usage: { input_tokens: 23000, output_tokens: 1000, iterations },
    });
    await inEveryWay({ [S1]: jsonl(line) }, (w) =>
      expect(totals(w)).toMatchObject({ requests: 1, uncached: 203000, output: 4500, cost: 1_127_500_000 }),
    );
  });

  test("C31 an iteration of an unknown kind bills nothing and is flagged", async () => {
    await inEveryWay(
      {
        [S1]: jsonl(
          assistant({ usage: { output_tokens: 10, iterations: [{ type: "oracle", input_tokens: 9 }] } }),
        ),
      },
      (w) => {
        expect(totals(w)).toMatchObject({ requests: 1, uncached: 0, output: 10 });
        expect(flagsOf(w)).toEqual(["iteration_unknown"]);
      },
    );
  });

  test("C33 unnamed model is unknown and unpriced", async () => {
    for (const model of ["", null])
      await inEveryWay(
        { [S1]: jsonl(assistant({ message: { model }, usage: { output_tokens: 10 } })) },
        (w) =>
          expect(w.all("select model, cost_nano_usd from requests")).toEqual([
            { model: "", cost_nano_usd: null },
          ]),
      );
  });

  test("C41 the client's own figure of the cost is kept beside ours", async () => {
    const advisor = { type: "advisor_message", model: "claude-opus-5-5", input_tokens: 0, output_tokens: 0 };
    const usage = { output_tokens: 6000, iterations: [advisor] };
    await inEveryWay({ [S1]: jsonl(assistant({ costUSD: 0.1, usage })) }, (w) =>
      expect(w.all("select cost_nano_usd as ours, recorded_cost_nano_usd as theirs from requests")).toEqual([
        { ours: 120_000_000, theirs: 100_000_000 },
        { ours: 0, theirs: null },
      ]),
    );
  });
});
