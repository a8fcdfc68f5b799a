import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { explainSum } from "../../cli/explain.ts";
import { requestLines } from "../../cli/why-request.ts";
import type { RequestDetail } from "../../schema/api-requests.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";
import { createWorldApp } from "../world-app.ts";

const S1 = transcript("S1");

async function detail(lines: unknown[], key = "claude:msg_01A") {
  const world = createWorld();
  world.write(S1, jsonl(...lines));
  await world.read();
  return { world, data: await createWorldApp(world).json("GET /api/requests/:id", `/api/requests/${key}`) };
}

/** Item, what it charges, × nano-USD, = nano-USD. */
const sums = (data: RequestDetail) =>
  data.line_items
    .filter((l) => l.cost_nano_usd !== 0)
    .map((l) => [l.item, l.billed_quantity, l.nano_usd_each, l.cost_nano_usd]);

function multiplied(data: RequestDetail): number {
  return data.line_items.reduce((sum, l) => sum + l.billed_quantity * Number(l.nano_usd_each ?? 0), 0);
}

describe("GET /api/requests/:id", () => {
  test("F037.A1 C01 every item is a count times a price, and their sum is the cost", async () => {
    const usage = {
      input_tokens: 10,
      cache_creation_input_tokens: 2000,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 2000 },
      cache_read_input_tokens: 50_000,
      output_tokens: 300,
    };
    const { world, data } = await detail([{ type: "summary", summary: "x" }, assistant({ usage })]);
    expect(sums(data)).toEqual([
      ["input", 10, "4000", 40_000],
      ["cache_creation_1h", 2000, "8000", 16_000_000],
      ["cache_read", 50_000, "200", 10_000_000],
      ["output", 300, "20000", 6_000_000],
    ]);
    expect(data.cost_nano_usd).toBe(32_040_000);
    expect(data.gap_before_first_tokens).toBeNull();
    expect(multiplied(data)).toBe(32_040_000);
    expect(data.price).toMatchObject({
      model: "claude-opus-5-5",
      from: "2026-09-22",
      until: null,
      above_tokens: null,
      usd_per_mtok: { input: 4, cache_creation_5m: 5, cache_creation_1h: 8, cache_read: 0.2, output: 20 },
      source_url: expect.stringMatching(/^https:/),
      checked_on: "2026-11-20",
    });
    expect(data).toMatchObject({ price_is_current: true, unpriced_reason: null, multipliers: [] });
    const offset = jsonl({ type: "summary", summary: "x" }).length;
    expect(data).toMatchObject({
      source_offset_bytes: offset,
      source_state: "active",
      source_available: true,
    });
    expect(data.source_path).toEndWith(`/${S1}`);
    world.close();
  });

  test("C24 multipliers are listed by their names and are in the price of a token", async () => {
    const usage = { input_tokens: 1000, output_tokens: 1000, speed: "fast", inference_geo: "us" };
    const { world, data } = await detail([assistant({ usage })]);
    expect(data.multipliers).toEqual([
      { name: "fast", factor: 2 },
      { name: "geo_us", factor: 1.1 },
    ]);
    expect(sums(data)).toEqual([
      ["input", 1000, "8800", 8_800_000],
      ["output", 1000, "44000", 44_000_000],
    ]);
    world.close();
  });

  test("C20 the tier that was paid is named by its threshold", async () => {
    const usage = {
      cache_read_input_tokens: 90_002,
      cache_creation_input_tokens: 9999,
      cache_creation: { ephemeral_5m_input_tokens: 9999, ephemeral_1h_input_tokens: 0 },
      output_tokens: 1000,
    };
    const { world, data } = await detail([assistant({ usage, message: { model: "claude-haiku-5-5" } })]);
    expect(data.price).toMatchObject({ above_tokens: 100_000, usd_per_mtok: { output: 2.5 } });
    expect(data.price_id).toEndWith(">100000");
    expect(multiplied(data)).toBe(data.cost_nano_usd!);
    world.close();
  });

  test("C28 the advisor's part, C27 and an inferred search, each with its own money", async () => {
    const advised = assistant({
      message: {
        model: "claude-sonnet-5-5",
        content: [{ type: "tool_use", id: "toolu_09", name: "WebSearch", input: { query: "x" } }],
      },
      usage: {
        input_tokens: 4,
        cache_read_input_tokens: 20_000,
        output_tokens: 500,
        iterations: [
          { type: "message", input_tokens: 4, output_tokens: 500 },
          { type: "advisor_message", model: "claude-opus-5-5", input_tokens: 100_000, output_tokens: 5000 },
        ],
      },
    });
    const answer = {
      type: "user",
      uuid: "u9",
      sessionId: "S1",
      timestamp: "2026-11-01T10:00:05.000Z",
      toolUseResult: { query: "x", searchCount: 3, results: [] },
      message: { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_09", content: "…" }] },
    };
    const { world, data } = await detail([advised, answer]);
    expect(data.cost_nano_usd).toBe(7_008_000);
    expect(data.children.map((c) => [c.part, c.model, c.cost_nano_usd, c.flags])).toEqual([
      ["advisor", "claude-opus-5-5", 500_000_000, []],
      ["search", "claude-sonnet-5-5", 30_000_000, ["search_fee_inferred"]],
    ]);
    const part = await createWorldApp(world).json(
      "GET /api/requests/:id",
      `/api/requests/${data.children[0]!.request_key}`,
    );
    expect(part).toMatchObject({ parent_key: "claude:msg_01A", cost_nano_usd: 500_000_000 });
    world.close();
  });

  test("C29 a failed model is shown at no cost, by the request and by its session", async () => {
    const iterations = [
      { type: "fallback_message", model: "claude-fable-5-2", input_tokens: 50_000, output_tokens: 10 },
      { type: "message", input_tokens: 1000, output_tokens: 1000 },
    ];
    const usage = { input_tokens: 1000, output_tokens: 1000, iterations };
    const { world, data } = await detail([assistant({ usage })]);
    expect(data).toMatchObject({ cost_nano_usd: 24_000_000, flags: ["unbilled_fallback"] });
    const [part] = data.children;
    expect(data.children).toHaveLength(1);
    expect(part).toMatchObject({ part: "fallback", model: "claude-fable-5-2", cost_nano_usd: 0 });
    expect(part).toMatchObject({ tokens: { total_tokens: 0 }, flags: ["unbilled_fallback"] });
    expect(requestLines(data, "UTC")).toContain(
      "part      fallback: claude:msg_01A:fallback:0 of claude-fable-5-2, $0.000000000 (unbilled_fallback)",
    );
    const own = await createWorldApp(world).json(
      "GET /api/requests/:id",
      `/api/requests/${part!.request_key}`,
    );
    expect(own).toMatchObject({
      cost_nano_usd: 0,
      price: null,
      unpriced_reason: null,
      price_is_current: true,
    });
    const { session_pk } = world.one<{ session_pk: number }>("select session_pk from sessions");
    const { models, total } = explainSum(world.db, world.pipeline.book, { session_pk }, 10);
    expect(total).toMatchObject({ requests: 1, total_tokens: 2000, cost_nano_usd: 24_000_000 });
    expect(models.map((m) => [m.model, m.requests, m.cost_nano_usd, m.unpriced_reason])).toEqual([
      ["claude-opus-5-5", 1, 24_000_000, null],
      ["claude-fable-5-2", 0, 0, null],
    ]);
    expect(models[1]!.entries).toMatchObject([{ part: "fallback", total_tokens: 0, cost_nano_usd: 0 }]);
    world.close();
  });

  test("X05 what a thread spent before its file begins is shown, and in no sum", async () => {
    const line = (type: string, payload: object) => ({
      timestamp: "2026-11-01T10:00:00.000Z",
      type,
      payload,
    });
    const used = (n: number) => ({ input_tokens: n - 100, output_tokens: 100, total_tokens: n });
    const info = { total_token_usage: used(10_000), last_token_usage: used(500) };
    const world = createWorld();
    world.write(
      ".codex/sessions/2026/11/01/rollout-p.jsonl",
      jsonl(
        line("session_meta", { id: "P", cwd: "/w/app", cli_version: "0.160.0" }),
        line("turn_context", { turn_id: "T1", model: "gpt-6-sol" }),
        line("event_msg", { type: "token_count", info }),
      ),
    );
    await world.read();
    const data = await createWorldApp(world).json("GET /api/requests/:id", "/api/requests/1");
    expect(data).toMatchObject({ tokens: { total_tokens: 500 }, gap_before_first_tokens: 9500 });
    expect(data.flags).toContain("gap_before_first");
    expect(requestLines(data, "UTC")).toContain(
      "gap       9,500 tokens of this thread are older than its file and not in any total",
    );
    world.close();
  });

  test("C33 without a price the tokens stay and the reason is shown", async () => {
    const { world, data } = await detail([
      assistant({ usage: { output_tokens: 7 }, message: { model: "claude-opus-9-1" } }),
    ]);
    expect(data).toMatchObject({ cost_nano_usd: null, price: null, flags: ["unpriced"] });
    expect(data.unpriced_reason).toStartWith("the price book has no price for this model");
    expect(data.line_items.map((l) => [l.quantity, l.cost_nano_usd])).toContainEqual([7, null]);
    world.close();
  });

  test.each<[string, (w: World) => void]>([
    ["deleted", (w) => rmSync(w.path(S1))],
    ["truncated", (w) => w.write(S1, "")],
    [
      "rewritten",
      (w) =>
        w.write(S1, jsonl(...Array(30).fill({ type: "summary", summary: "another one that is longer" }))),
    ],
  ])(
    "C12 a source that was %s leaves the request, and it is shown that its line is gone",
    async (state, lose) => {
      const { world, data: before } = await detail([assistant({ usage: { output_tokens: 300 } })]);
      lose(world);
      await world.read();
      const after = await createWorldApp(world).json("GET /api/requests/:id", "/api/requests/claude:msg_01A");
      expect(after).toEqual({ ...before, source_state: state as "deleted", source_available: false });
      world.close();
    },
  );
});
