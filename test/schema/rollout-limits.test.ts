import { expect, test } from "bun:test";
import { NO_RESET, noLimits, samplesOf, seriesOf } from "../../schema/rollout-limits.ts";

test("F032 readings that are kept as numbers come back as rows, each with its own window, in their order", () => {
  const limits = noLimits();
  const of = (n: number) => ({
    limit_id: n % 5 === 0 ? "codex_mini" : "codex",
    window: n % 2 === 0 ? "5h" : "weekly",
    window_minutes: n % 4 === 0 ? null : 300,
    session_id: `T${n % 3}`,
  });
  const reset = (n: number) => (n % 6 === 0 ? null : n * 1000);
  for (let n = 0; n < 1000; n++) limits.cells.push(seriesOf(limits, of(n)), n / 7, reset(n) ?? NO_RESET, n);
  expect(limits.series.length).toBeLessThan(40);
  expect([...samplesOf(limits)]).toEqual(
    Array.from({ length: 1000 }, (_, n) => ({
      sample_id: `codex:T${n % 3}:${n}:${of(n).limit_id}:${of(n).window}:${n / 7}`,
      source: "codex",
      origin: "rollout",
      account: "default",
      ...of(n),
      used_percent: n / 7,
      resets_at_unix_ms: reset(n),
      time_unix_ms: n,
    })),
  );
});
