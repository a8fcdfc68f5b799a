import { describe, expect, test } from "bun:test";
import { gapBefore } from "../../collector/sources/codex/counts.ts";
import { toFlags } from "../../schema/usage.ts";
import { collapse, rollout, tokensOf, usage } from "./codex-harness.ts";

/** Rollouts of clients that wrote running totals only. */
const plain = (name = "p") => rollout(name).meta("P").turn("T1", "gpt-6-sol");
const spent = (r: ReturnType<typeof rollout>) => r.parseRollout().requests.map((q) => tokensOf([q]));

describe("running totals", () => {
  test("X01 the sum of what each step added", () => {
    expect(spent(plain().count(1000, 1000).count(2500, 1500).count(3200, 700))).toEqual([1000, 1500, 700]);
  });

  test("X02 totals that are written again count once", () => {
    expect(spent(plain().count(1000, 1000).count(1000, 1000).count(2500, 1500))).toEqual([1000, 1500]);
  });

  test("X03 no info is no tokens, and the limits beside it are read", () => {
    const rate_limits = {
      primary: { used_percent: 12, window_minutes: 300, resets_at: 1796000000 },
      secondary: null,
    };
    const batch = plain().event("token_count", { info: null, rate_limits }).parseRollout();
    expect(batch.requests).toEqual([]);
    expect(batch.samples).toHaveLength(1);
  });

  test("X04 totals alone give their differences", () => {
    expect(spent(plain().count(1000).count(2500))).toEqual([1000, 1500]);
  });

  test("X05 a first total above its own step is a gap, flagged and not guessed", () => {
    const [request] = plain().count(10_000, 500).parseRollout().requests;
    expect(tokensOf([request!])).toBe(500);
    expect(toFlags(request!.flags)).toContain("gap_before_first");
    expect(gapBefore(request!.request_key)).toBe(9500);
    expect(gapBefore("codex:resp_1")).toBeNull();
  });

  test("X06 a smaller total is stale, unless it is its own first step", () => {
    expect(spent(plain().count(1000, 1000).count(900, 100).count(1100, 100))).toEqual([1000, 100]);
    expect(spent(plain().count(1000, 1000).count(120, 120).count(200, 80))).toEqual([1000, 120, 80]);
  });

  test("X06 a count that restarts is requests of its own, even where it begins with the same figures", () => {
    const grown = () => plain().count(1000, 1000).count(3000, 2000);
    const counted = (r: ReturnType<typeof rollout>) => collapse([r.parseRollout()]);
    for (const fresh of [grown(), grown().turn("T2"), grown().event("task_started", { turn_id: "T1" })]) {
      const requests = counted(fresh.count(1000, 1000).count(1500, 500));
      expect(new Set(requests.map((r) => r.request_key)).size).toBe(4);
      expect(tokensOf(requests)).toBe(4500);
    }
  });

  test("X06 a turn that two threads number alike is two turns, and a fork's copy of it is one", () => {
    const numbered = (id: string) => rollout(id).meta(id).turn("1", "m").count(1000, 1000);
    expect(tokensOf(collapse([numbered("A").parseRollout(), numbered("B").parseRollout()]))).toBe(2000);
    const late = rollout("F").at("2026-11-01T11:00:00Z").meta("F", { forked_from_id: "A" }).meta("A");
    const fork = late.turn("1", "m").count(1000, 1000).turn("2").count(1400, 400);
    expect(tokensOf(collapse([numbered("A").parseRollout(), fork.parseRollout()]))).toBe(1400);
  });

  test("X07 cached tokens are a part of the input, X08 reasoning a part of the output", () => {
    const counted = usage(1100, {
      input_tokens: 1000,
      cached_input_tokens: 900,
      output_tokens: 100,
      reasoning_output_tokens: 80,
    });
    const [request] = plain().count(counted, counted).parseRollout().requests;
    expect(request!.usage).toMatchObject({
      uncached_input_tokens: 100,
      cache_read_input_tokens: 900,
      output_tokens: 100,
      reasoning_output_tokens: 80,
    });
    expect(tokensOf([request!])).toBe(1100);
  });

  test("X08 more cached than input is cut to the input and flagged", () => {
    const counted = usage(1000, { cached_input_tokens: 5000 });
    const [request] = plain().count(counted, counted).parseRollout().requests;
    expect(request!.usage).toMatchObject({
      uncached_input_tokens: 0,
      cache_read_input_tokens: 900,
      output_tokens: 100,
    });
    expect(toFlags(request!.flags)).toContain("cached_exceeds_input");
  });

  test("X09 cache writes are neither plain input nor reads, and silence about them is not zero", () => {
    const body = {
      input_tokens: 100_000,
      cached_input_tokens: 90_000,
      output_tokens: 1000,
      reasoning_output_tokens: 400,
    };
    const counted = usage(101_000, { ...body, cache_write_input_tokens: 8000 });
    const [request] = plain().count(counted, counted).parseRollout().requests;
    expect(request!.usage).toMatchObject({
      uncached_input_tokens: 2000,
      cache_read_input_tokens: 90_000,
      cache_creation_5m_input_tokens: 8000,
    });
    expect(toFlags(request!.flags)).not.toContain("cache_write_not_reported");
    const silent = plain().count(usage(101_000, body), usage(101_000, body)).parseRollout().requests[0]!;
    expect(silent.usage.uncached_input_tokens).toBe(10_000);
    expect(toFlags(silent.flags)).toContain("cache_write_not_reported");
  });

  test("X09 a cache write above the rest of the input is cut to it", () => {
    const counted = usage(1000, { cached_input_tokens: 800, cache_write_input_tokens: 500 });
    const [request] = plain().count(counted, counted).parseRollout().requests;
    expect(request!.usage).toMatchObject({ uncached_input_tokens: 0, cache_creation_5m_input_tokens: 100 });
    expect(toFlags(request!.flags)).toContain("cache_write_exceeds_input");
  });

  test("B-15 last-only rows count each call, and a repeat without an answer between does not", () => {
    const message = { type: "message", role: "assistant" };
    expect(spent(plain().count(undefined, 500).count(undefined, 500).count(undefined, 700))).toEqual([
      500, 700,
    ]);
    expect(spent(plain().count(undefined, 500).line("response_item", message).count(undefined, 500))).toEqual(
      [500, 500],
    );
  });

  test("B-15 a total overwritten by the window's size counts nothing and is the new base", () => {
    const window = { ...usage(0), total_tokens: 258_400 };
    const after = { ...usage(1225), total_tokens: 259_625 };
    const r = plain()
      .count(1000, 1000)
      .count(window, { ...usage(0), total_tokens: 257_400 })
      .count(after, 1225);
    expect(spent(r)).toEqual([1000, 1225]);
  });

  test("B-15 an answer cut short has no step of its own: its total counts", () => {
    expect(spent(plain().count(1000, 1000).count(6500, usage(0)))).toEqual([1000, 5500]);
  });

  test("B-17 a turn of nothing but tool calls and reasoning keeps its tokens", () => {
    const r = plain()
      .line("response_item", { type: "reasoning", summary: [] })
      .line("response_item", { type: "custom_tool_call", call_id: "c1", name: "exec", input: "text(1)" })
      .count(1000, 1000);
    expect(spent(r)).toEqual([1000]);
  });

  test("B-18 input 10,000 with 6,000 cached is 4,000 and 6,000", () => {
    const counted = usage(10_500, {
      input_tokens: 10_000,
      cached_input_tokens: 6000,
      output_tokens: 500,
      reasoning_output_tokens: 300,
    });
    const [request] = plain().count(counted, counted).parseRollout().requests;
    expect(request!.usage).toMatchObject({
      uncached_input_tokens: 4000,
      cache_read_input_tokens: 6000,
      output_tokens: 500,
    });
  });
});

describe("forks", () => {
  const parent = () => plain().count(1000, 1000).turn("T2").count(2500, 1500);
  const copies = (name = "c", id = "C") =>
    rollout(name)
      .at("2026-11-02T10:00:00.000Z")
      .meta(id, { forked_from_id: "P" })
      .meta("P")
      .turn("T1", "gpt-6-sol", 0)
      .count(1000, 1000, 0)
      .turn("T2", undefined, 0)
      .count(2500, 1500, 60);
  const child = () => copies().turn("T3").count(3200, 700);
  const orders = <T>(a: T, b: T) => [
    [a, b],
    [b, a],
  ];

  test("X12 a fork's copied counts are its parent's, in either order of reading", () => {
    for (const batches of orders(parent().parseRollout(), child().parseRollout())) {
      const requests = collapse(batches);
      expect([tokensOf(requests, "P"), tokensOf(requests, "C"), tokensOf(requests)]).toEqual([
        2500, 700, 3200,
      ]);
    }
    const declared = child()
      .parseRollout()
      .requests.map((r) => r.is_sidechain);
    expect(declared).toEqual([true, true, false]);
    expect(child().parseRollout().sessions[0]).toMatchObject({
      session_id: "C",
      parent_session_id: "P",
      relation: "fork",
    });
  });

  test("X13 without the parent's file its copies count for the child, and are flagged", () => {
    const requests = collapse([child().parseRollout()]);
    expect(tokensOf(requests, "C")).toBe(3200);
    expect(requests.map((r) => toFlags(r.flags).includes("fork_parent_missing"))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("X14 a fork that has done nothing yet adds nothing, then only its own", () => {
    expect(tokensOf(collapse([parent().parseRollout(), copies().parseRollout()]), "C")).toBe(0);
    expect(
      tokensOf(collapse([parent().parseRollout(), copies().parseRollout(), child().parseRollout()]), "C"),
    ).toBe(700);
  });

  test("X15 an own count that happens to equal a parent's total is counted", () => {
    const other = usage(2500, { input_tokens: 2000, output_tokens: 500 });
    const step = usage(1500, { input_tokens: 1100, output_tokens: 400 });
    const late = (id: string) => rollout(id).at("2026-11-01T11:00:00Z").meta(id, { forked_from_id: "P" });
    const copied = () => late("C").meta("P").turn("T1", "gpt-6-sol").count(1000, 1000);
    for (const own of [
      copied().turn("T9").count(other, step),
      copied().turn("T9").count(2500, 1500),
      copied().turn("T2").count(other, step),
      late("C").turn("T9", "gpt-6-sol").count(other, step),
    ]) {
      const requests = collapse([parent().parseRollout(), own.parseRollout()]);
      expect([tokensOf(requests, "P"), tokensOf(requests, "C")]).toEqual([2500, 1500]);
    }
    const whole = collapse([
      parent().parseRollout(),
      late("C").turn("T9", "gpt-6-sol").count(other, other).parseRollout(),
    ]);
    expect([tokensOf(whole, "P"), tokensOf(whole, "C")]).toEqual([2500, 2500]);
  });

  test("X16 an inherited total without copies counts its own step only", () => {
    const spawn = { subagent: { thread_spawn: { parent_thread_id: "P", depth: 1 } } };
    const agent = () => rollout("s").meta("S", { source: spawn }).turn("T5", "gpt-5.5");
    expect(spent(agent().count(50_000, 800))).toEqual([800]);
    expect(spent(agent().count(50_000, usage(0)))).toEqual([]);
    expect(toFlags(agent().count(50_000, 800).parseRollout().requests[0]!.flags)).not.toContain(
      "gap_before_first",
    );
  });

  test("X17 the same thread in another place and form is the same requests", () => {
    const bytes = child().bytes();
    const keys = (batch: ReturnType<typeof rollout>) =>
      batch.parseRollout().requests.map((r) => r.request_key);
    expect(keys(child())).toEqual(keys(child()));
    const archived = rollout("2026-11-02-C").raw(bytes.toString().trimEnd());
    expect(keys(archived)).toEqual(keys(child()));
    expect(archived.parseRollout().samples).toEqual(child().parseRollout().samples);
  });

  test("B-16 three forks and two sub-agents add up to the work done, equal siblings included", () => {
    const fork = (id: string, turn: string) => copies(id, id).turn(turn).count(3200, 700).parseRollout();
    const spawn = { subagent: { thread_spawn: { parent_thread_id: "P", depth: 1 } } };
    const agent = (id: string, turn: string) =>
      rollout(id).meta(id, { source: spawn }).turn(turn, "m").count(400, 400).parseRollout();
    const family = [
      fork("A", "TA"),
      fork("B", "TB"),
      fork("C", "TC"),
      agent("S1", "TS1"),
      agent("S2", "TS2"),
    ];
    for (const batches of [
      [parent().parseRollout(), ...family],
      [...family, parent().parseRollout()],
    ])
      expect(tokensOf(collapse(batches))).toBe(2500 + 3 * 700 + 2 * 400);
  });

  test("B-16 copies of clients without turn ids still meet their originals", () => {
    const old = (name: string) => rollout(name);
    const p = old("p")
      .meta("P")
      .line("turn_context", { model: "gpt-5" })
      .count(1000, 1000)
      .count(2500, 1500)
      .parseRollout();
    const c = old("c")
      .at("2026-11-02T10:00:00.000Z")
      .meta("C", { forked_from_id: "P" })
      .meta("P")
      .line("turn_context", { model: "gpt-5" }, 0)
      .count(1000, 1000, 0)
      .count(2500, 1500, 9)
      .count(3200, 700)
      .parseRollout();
    for (const batches of orders(p, c)) expect(tokensOf(collapse(batches))).toBe(3200);
  });
});
