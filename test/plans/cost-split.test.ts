import { expect, test } from "bun:test";
import fc from "fast-check";
import { type SplitAttempt, type SplitRequest, splitRequests } from "../../store/plans/cost-split.ts";
import { addSums, noSums, type Sums } from "../../store/sums.ts";

const sums = (cost_nano_usd: number, output_tokens = 1): Sums => ({
  ...noSums(),
  requests: 1,
  cost_nano_usd,
  output_tokens,
});
const request = (time_unix_ms: number, cost: number, agent_id = ""): SplitRequest => ({
  time_unix_ms,
  session_pk: 1,
  agent_id,
  sums: sums(cost),
});
const attempt = (
  feature_id: string,
  started_unix_ms: number,
  ended_unix_ms: number | null,
): SplitAttempt => ({
  feature_id,
  started_unix_ms,
  ended_unix_ms,
});
const noAnswer = () => undefined;

test("F021 one in progress gets all, several equal parts with the remainder to the smallest id, none is overhead", () => {
  const attempts = [attempt("B", 10, 30), attempt("A", 20, 40)];
  const split = splitRequests(
    [request(5, 7), request(10, 100), request(25, 101), request(30, 3), request(40, 9)],
    attempts,
    noAnswer,
  );
  expect(split.features.get("B")?.cost_nano_usd).toBe(100 + 50);
  expect(split.features.get("A")?.cost_nano_usd).toBe(51 + 3);
  expect(split.overhead.cost_nano_usd).toBe(7 + 9);
  expect(split.rules).toEqual({ agent: 0, only_one_in_progress: 2, equal_parts: 1, overhead: 2 });
});

test("F021 an agent that was started for a feature works for it, whatever is in progress", () => {
  const split = splitRequests(
    [request(5, 7, "a1"), request(5, 8, "a2")],
    [attempt("A", 0, null)],
    (_pk, agent) => (agent === "a1" ? "B" : undefined),
  );
  expect([...split.features].map(([id, s]) => [id, s.cost_nano_usd])).toEqual([
    ["B", 7],
    ["A", 8],
  ]);
});

test("F021 the same attempt twice, or two of one feature at once, is one feature", () => {
  const split = splitRequests([request(5, 9)], [attempt("A", 0, null), attempt("A", 1, 8)], noAnswer);
  expect(split.features.get("A")?.cost_nano_usd).toBe(9);
});

test("F021 random data: features and overhead add up to the requests, to the nano-dollar and the token", () => {
  const time = fc.integer({ min: 0, max: 100 });
  const requests = fc.array(
    fc.record({
      at: time,
      cost: fc.integer({ min: 0, max: 2 ** 40 }),
      tokens: fc.nat(10 ** 7),
      agent: fc.constantFrom("", "a", "b"),
    }),
    { maxLength: 40 },
  );
  const attempts = fc.array(
    fc.record({
      id: fc.constantFrom("A", "B", "C", "D", "E"),
      from: time,
      long: fc.option(fc.nat(60), { nil: null }),
    }),
    { maxLength: 12 },
  );
  const agents = fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("A", "Z"));
  fc.assert(
    fc.property(requests, attempts, agents, (rs, as, named) => {
      const all = rs.map((r) => ({
        time_unix_ms: r.at,
        session_pk: 1,
        agent_id: r.agent,
        sums: sums(r.cost, r.tokens),
      }));
      const spans = as.map((a) => attempt(a.id, a.from, a.long === null ? null : a.from + a.long));
      const split = splitRequests(all, spans, (_pk, agent) => named[agent]);
      const [wanted, found] = [noSums(), noSums()];
      for (const r of all) addSums(wanted, r.sums);
      for (const part of [...split.features.values(), split.overhead]) {
        addSums(found, part);
        for (const value of Object.values(part)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      }
      expect(found).toEqual(wanted);
      expect(Object.values(split.rules).reduce((a, b) => a + b, 0)).toBe(all.length);
    }),
    { numRuns: 300 },
  );
});
