import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { assistant, jsonl, transcript } from "../world.ts";
import { run, tempHome } from "./run.ts";

const home = tempHome();
const cli = (...args: string[]) => run(home, ["why", ...args]);

function write(session: string, ...lines: unknown[]): void {
  const path = join(home.home, transcript(session));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, jsonl(...lines));
}

const line = (n: number, over: { model?: string; usage?: object; sessionId?: string; uuid?: string } = {}) =>
  assistant({
    uuid: over.uuid ?? `u${n}`,
    sessionId: over.sessionId ?? "S1",
    requestId: `req_01${n}`,
    timestamp: `2026-11-01T${String(8 + n).padStart(2, "0")}:00:00.000Z`,
    message: { id: `msg_01${n}`, model: over.model ?? "claude-opus-5-5" },
    usage: { input_tokens: 3, output_tokens: 100 * n, ...over.usage },
  });

const advised = line(5, {
  model: "claude-sonnet-5-5",
  usage: {
    iterations: [
      { type: "message", input_tokens: 3, output_tokens: 500 },
      { type: "advisor_message", model: "claude-opus-5-5", input_tokens: 1000, output_tokens: 50 },
    ],
  },
});

beforeAll(async () => {
  write(
    "S1",
    line(1),
    line(2),
    line(3, { usage: { speed: "fast", inference_geo: "us" } }),
    line(4, { model: "claude-opus-9-1" }),
    advised,
    line(10, { model: "claude-haiku-4-5" }),
  );
  // A fork repeats its parent's requests, then continues.
  write("S2", line(1, { sessionId: "S2" }), line(2, { sessionId: "S2" }), line(6, { sessionId: "S2" }));
  expect((await run(home, ["backfill"])).code).toBe(0);
});
afterAll(() => home[Symbol.dispose]());

type Model = {
  model: string;
  requests: number;
  total_tokens: number;
  cost_nano_usd: number | null;
  line_items: { quantity: number; cost_nano_usd: number; item: string }[];
  entries: { total_tokens: number; cost_nano_usd: number | null; part: string }[];
  rest: { entries: number; total_tokens: number; cost_nano_usd: number };
  unpriced_reason: string | null;
};
type Data = {
  total: {
    requests: number;
    total_tokens: number;
    cost_nano_usd: number;
    coverage: { unpriced_tokens: number };
  };
  models: Model[];
  inherited: { session_key: string; requests: number }[];
};
async function data(...args: string[]): Promise<Data> {
  const { code, stdout, stderr } = await cli(...args, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout).data;
}
const sum = (numbers: (number | null)[]) => numbers.reduce<number>((a, b) => a + (b ?? 0), 0);

describe("why a request", () => {
  test.each(["claude:msg_013", "msg_013", "req_013"])(
    "F037 %s is a sum for a pocket calculator",
    async (id) => {
      const { code, stdout } = await cli(id);
      expect(code).toBe(0);
      const lines = stdout.split("\n").map((l) => l.replaceAll(/ {2,}/g, "  "));
      expect(lines).toContain("times  2 on every token price: fast");
      expect(lines).toContain("times  1.1 on every token price: geo_us");
      expect(lines).toContain("Fresh input  $4/million  3  8800  26,400");
      expect(lines).toContain("Output  $20/million  300  44000  13,200,000");
      expect(lines).toContain("Sum  13,226,400");
      expect(stdout).toContain("cost      $0.013226400 ");
      expect(stdout).toMatch(
        /price {5}claude-opus-5-5@2026-09-22: from 2026-09-22 checked on 2026-11-20\n {10}https:/,
      );
      expect(stdout).toMatch(/read from .*S1\.jsonl at byte [\d,]+\n/);
    },
  );

  test("F037 its parts and copies are named, and an unknown price is no number", async () => {
    const output = (await cli("msg_015")).stdout;
    expect(output).toContain("part      advisor: claude:msg_015:advisor:0 of claude-opus-5-5, $0.005000000");
    expect((await cli("claude:msg_015:advisor:0")).stdout).toContain("part of   claude:msg_015");
    expect((await cli("msg_011")).stdout).toContain("copy      also in claude:S2, not billed there");
    const unknown = (await cli("msg_014")).stdout;
    expect(unknown).toContain("cost      unknown, not in any total");
    expect(unknown).toContain("no price  the price book has no price for this model");
    expect(unknown).not.toContain("$0");
  });
});

describe("why a session or a day", () => {
  test.each([["S1"], ["2026-11-01"]])(
    "A01 %s: items, models and requests are the same sum",
    async (subject) => {
      for (const top of ["0", "1", "100"]) {
        const { total, models } = await data(subject, "--top", top);
        expect(sum(models.map((m) => m.cost_nano_usd))).toBe(total.cost_nano_usd);
        expect(sum(models.map((m) => m.requests))).toBe(total.requests);
        expect(sum(models.map((m) => m.total_tokens))).toBe(total.total_tokens);
        for (const m of models) {
          expect(sum(m.line_items.map((l) => l.cost_nano_usd))).toBe(m.cost_nano_usd ?? 0);
          expect(sum(m.line_items.slice(0, 5).map((l) => l.quantity))).toBe(m.total_tokens);
          expect(sum(m.entries.map((e) => e.cost_nano_usd)) + m.rest.cost_nano_usd).toBe(
            m.cost_nano_usd ?? 0,
          );
          expect(sum(m.entries.map((e) => e.total_tokens)) + m.rest.total_tokens).toBe(m.total_tokens);
        }
      }
    },
  );

  test("F037.A2 a day is the row of `daily`, a session the row of `session`", async () => {
    const day = JSON.parse((await run(home, ["daily", "--json"])).stdout).data.rows[0];
    expect(day.requests).toBe(7);
    expect((await data("2026-11-01")).total).toMatchObject({
      cost_nano_usd: day.cost_nano_usd,
      total_tokens: day.total_tokens,
      coverage: day.coverage,
    });
    const sessions = JSON.parse((await run(home, ["session", "--json"])).stdout).data.rows;
    for (const { session_key, cost_nano_usd, requests } of sessions)
      expect((await data(session_key)).total).toMatchObject({ cost_nano_usd, requests });
  });

  test("F037 the day is cut in the zone of the option", async () => {
    expect((await data("2026-11-02", "--timezone", "Asia/Tokyo")).total.requests).toBe(1);
    expect((await cli("2026-11-03")).code).toBe(69);
  });

  test("C11 inherited context is shown and not billed", async () => {
    const { inherited, total } = await data("S2");
    expect(inherited).toEqual([{ session_key: "claude:S1", requests: 2 }]);
    expect(total.requests).toBe(1);
    expect((await cli("S2")).stdout).toContain(
      "inherited context from claude:S1: 2 requests, not billed here",
    );
  });

  test("F037 the most expensive requests come first, the rest is counted, and unpriced tokens are named", async () => {
    const { models } = await data("S1", "--top", "1");
    const opus = models.find((m) => m.model === "claude-opus-5-5")!;
    expect(opus.entries.map((e) => e.cost_nano_usd)).toEqual([13_226_400]);
    expect(opus.rest).toMatchObject({ entries: 3 });
    const { stdout } = await cli("S1", "--top", "1");
    expect(stdout).toContain("3 more");
    expect(stdout).toContain("no price  403 tokens in 1 entry: no price is known");
    expect(stdout).toMatch(/no price {2}403 tokens in 1 entry; \d\d % of all have one/);
  });

  test("F037 what is neither is an error with a fix", async () => {
    expect(await cli("nothing-like-it")).toMatchObject({
      code: 69,
      stderr: expect.stringContaining("No request, session or day matches nothing-like-it"),
    });
    expect((await cli("2026-02-30")).code).toBe(64);
    expect((await cli()).code).toBe(64);
    expect((await cli("S1", "--top", "many")).code).toBe(64);
  });
});
