import { describe, expect, test } from "bun:test";
import type { ClientTotal } from "../../schema/client-total.ts";
import { NO_USAGE, type Usage } from "../../schema/usage.ts";
import { reconcile } from "../../store/hidden-calls.ts";

const usage = (uncached_input_tokens: number, output_tokens = 0): Usage => ({
  ...NO_USAGE,
  uncached_input_tokens,
  output_tokens,
});
const state = (duration_ms: number, models: Record<string, Usage>, start_unix_ms = 1): ClientTotal => ({
  session_id: "S",
  start_unix_ms,
  duration_ms,
  time_unix_ms: duration_ms,
  cost_nano_usd: 0,
  has_unknown_cost: false,
  models: Object.entries(models).map(([model, u]) => ({
    model,
    usage: u,
    cost_nano_usd: 0,
    is_ttl_known: true,
  })),
});
const call = (time_unix_ms: number, model: string, u: Usage) => ({ time_unix_ms, model, usage: u });

describe("what a client's total holds beyond the requests", () => {
  test("O06 nothing, where both agree", () => {
    const got = reconcile([state(10, { m: usage(5, 6) })], [call(3, "m", usage(5, 6))], []);
    expect(got).toMatchObject({ hidden: [], is_exact: true });
  });

  test("O07 each step with its own tokens, by model, whatever the order of the states", () => {
    const states = [
      state(30, { m: usage(9), n: usage(4) }),
      state(10, { m: usage(5) }),
      state(20, { m: usage(9) }),
    ];
    const got = reconcile(states, [call(3, "m", usage(5))], []);
    expect(got.hidden.map((h) => [h.duration_ms, h.model, h.usage.uncached_input_tokens])).toEqual([
      [20, "m", 4],
      [30, "n", 4],
    ]);
  });

  test("O07 one row for all steps where a late request makes a step negative", () => {
    const late = call(15, "m", usage(8));
    const got = reconcile([state(10, { m: usage(5) }), state(20, { m: usage(9) })], [late], []);
    expect(got.hidden).toMatchObject([{ duration_ms: 20, usage: { uncached_input_tokens: 1 } }]);
  });

  test("O06 a fork's total begins from the state of its parent that leaves least", () => {
    const parents = [state(5, { m: usage(100) }), state(9, { m: usage(140) })];
    const got = reconcile([state(12, { m: usage(147) })], [call(11, "m", usage(7))], parents);
    expect(got).toMatchObject({ hidden: [], is_exact: true, base: { duration_ms: 9 } });
  });

  test("O06 more recorded than the client counted is no hidden call, and is not exact", () => {
    const got = reconcile([state(10, { m: usage(5) })], [call(3, "m", usage(6))], []);
    expect(got).toMatchObject({ hidden: [], is_exact: false });
  });

  test("O06 requests after the last state are no part of it", () => {
    const got = reconcile(
      [state(10, { m: usage(5) })],
      [call(3, "m", usage(5)), call(11, "m", usage(9))],
      [],
    );
    expect(got).toMatchObject({ hidden: [], is_exact: true });
  });
});
