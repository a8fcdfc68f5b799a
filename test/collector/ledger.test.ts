import { expect, test } from "bun:test";
import { isHealthy, modeOf, worstMode } from "../../collector/capture-mode.ts";
import { createLedger, type LedgerFact, type LedgerOrigin } from "../../collector/ledger.ts";

const fact = (kind: string, item_id = "i"): LedgerFact => ({
  agent: "codex",
  session_id: "S",
  turn_id: "t",
  item_id,
  kind,
});
const decide = (kind: string, ...origins: LedgerOrigin[]) => {
  const ledger = createLedger(() => 1);
  return { ledger, decisions: origins.map((origin) => ledger.decide(fact(kind), origin)) };
};

test.each([
  ["item_delta", ["otlp", "stream"], ["accepted", "replaced"]],
  ["item_delta", ["stream", "otlp"], ["accepted", "dropped"]],
  ["item_completed", ["stream", "otlp"], ["accepted", "replaced"]],
  ["item_completed", ["otlp", "stream"], ["accepted", "dropped"]],
  ["item_completed", ["otlp", "otlp"], ["accepted", "duplicate"]],
  ["usage", ["app_server", "otlp", "transcript", "otlp"], ["accepted", "replaced", "replaced", "dropped"]],
] as const)("D-13 %s from %p is %p", (kind, origins, decisions) => {
  const got = decide(kind, ...origins);
  expect(got.decisions).toEqual([...decisions]);
  expect(got.ledger.recent().map((e) => e.decision)).toEqual(decisions.toReversed());
  const counted = Object.values(got.ledger.counters.codex!).reduce((a, b) => a + b);
  expect(counted).toBe(decisions.length);
});

test("D-13 keys are the same however they are spelled", () => {
  const ledger = createLedger();
  ledger.decide({ ...fact("Usage"), session_id: " S " }, "rollout");
  expect(ledger.recent().map((e) => e.key)).toEqual(["v1|codex|s|t|i|usage"]);
});

test("D-15 a million keys leave as many as it remembers, and one that was forgotten is taken for new", () => {
  const ledger = createLedger(() => 1, 1000);
  for (let i = 0; i < 1_000_000; i++) ledger.decide(fact("usage", String(i)), "otlp");
  expect(ledger.keys()).toBe(1000);
  expect(ledger.decide(fact("usage", "999999"), "otlp")).toBe("duplicate");
  expect(ledger.decide(fact("usage", "0"), "otlp")).toBe("accepted");
  expect(ledger.recent()).toHaveLength(200);
});

test.each([
  [true, true, true, "HYBRID_ACTIVE"],
  [true, true, false, "DEGRADED_STREAMING"],
  [true, false, true, "OTEL_ONLY"],
  [true, false, false, "OTEL_ONLY"],
  [false, true, true, "FAILURE"],
  [false, true, false, "FAILURE"],
  [false, false, true, "FAILURE"],
  [false, false, false, "FAILURE"],
] as const)(
  "D-01 D-02 D-03 D-04 baseline %p, expected %p, stream %p: %s",
  (baseline, expected, stream, mode) => {
    expect(modeOf({ baseline, expected, stream })).toBe(mode);
  },
);

test("D-04 of several agents the worst mode is reported; silence is not health", () => {
  expect(worstMode(["HYBRID_ACTIVE", "OTEL_ONLY", "DEGRADED_STREAMING"])).toBe("DEGRADED_STREAMING");
  expect((["live", "idle", "silent", "down", "off"] as const).filter(isHealthy)).toEqual(["live", "idle"]);
});
