import { expect, test } from "bun:test";
import { captureDegraded, costUnexplained } from "../../collector/alerts/capture-rules.ts";
import type { Compared } from "../../store/queries/reconcile.ts";

const of = (client_nano_usd: number | null, difference_nano_usd: number | null) =>
  ({ client_nano_usd, difference_nano_usd }) as Compared;

test("D-05 an agent that lacks its live part, or is not recorded, is an alert after five minutes; one that is complete ends it", () => {
  const judge = (mode: Parameters<typeof captureDegraded>[0]["mode"]) =>
    captureDegraded({ agent: "claude", mode, reason: "its folder was deleted" });
  expect(judge("HYBRID_ACTIVE").is).toBe("fine");
  expect(judge("OTEL_ONLY").is).toBe("fine");
  expect(judge("DEGRADED_STREAMING")).toMatchObject({
    is: "bad",
    for_ms: 300_000,
    facts: { severity: "warning" },
  });
  expect(judge("FAILURE")).toMatchObject({
    facts: { severity: "critical", detail: "its folder was deleted" },
  });
});

test("O06 more than 2 % of the client's own total that nothing explains is an alert; a session without a total is none", () => {
  expect(costUnexplained([of(100, 2), of(null, null)]).is).toBe("fine");
  expect(costUnexplained([of(100, -3)])).toMatchObject({ is: "bad", facts: { value: 3, threshold: 2 } });
  expect(costUnexplained([]).is).toBe("fine");
});
